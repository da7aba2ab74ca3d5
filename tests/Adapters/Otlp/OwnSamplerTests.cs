using System.Diagnostics;
using Monolith.Adapters.Otlp;
using OpenTelemetry.Trace;

namespace Monolith.Adapters.Tests.Otlp;

public sealed class OwnSamplerTests
{
    [Theory]
    [InlineData(0, ActivityTraceFlags.Recorded, false)]
    [InlineData(1, ActivityTraceFlags.None, true)]
    public void Decides_for_a_request_by_itself_whatever_the_caller_says(double ratio, ActivityTraceFlags flags, bool isExported) =>
        Assert.Equal(isExported, IsExported(ratio, Parent(flags), ActivityKind.Server));

    [Theory]
    [InlineData(0, ActivityTraceFlags.Recorded, true)]
    [InlineData(1, ActivityTraceFlags.None, false)]
    public void Follows_what_was_decided_in_everything_else(double ratio, ActivityTraceFlags flags, bool isExported)
    {
        Assert.Equal(isExported, IsExported(ratio, Parent(flags), ActivityKind.Consumer));
        Assert.Equal(isExported, IsExported(ratio, Parent(flags), ActivityKind.Client));
    }

    [Fact]
    public void Exports_no_query_that_belongs_to_nothing() => Assert.False(IsExported(1, default, ActivityKind.Client));

    [Fact]
    public void Exports_work_that_follows_from_nothing() => Assert.True(IsExported(1, default, ActivityKind.Consumer));

    [Fact]
    public void Gives_the_same_answer_for_the_same_trace_on_every_node()
    {
        var parents = Enumerable.Range(0, 1000).Select(_ => Parent(ActivityTraceFlags.None)).ToList();

        var exported = parents.Where(p => IsExported(0.5, p, ActivityKind.Server)).ToList();

        Assert.Equal(exported, parents.Where(p => IsExported(0.5, p, ActivityKind.Server)));
        Assert.InRange(exported.Count, 1, 999);
    }

    private static ActivityContext Parent(ActivityTraceFlags flags) =>
        new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags, isRemote: true);

    private static bool IsExported(double ratio, ActivityContext parent, ActivityKind kind)
    {
        var trace = parent.TraceId == default ? ActivityTraceId.CreateRandom() : parent.TraceId;
        var parameters = new SamplingParameters(parent, trace, "name", kind);
        return new OwnSampler(ratio).ShouldSample(parameters).Decision == SamplingDecision.RecordAndSample;
    }
}
