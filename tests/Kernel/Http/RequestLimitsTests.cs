using Microsoft.Extensions.Configuration;

namespace Monolith.Kernel.Tests.Http;

/// <summary>The section <c>Limits</c>: what is out of range is a fault, and the default takes its place.</summary>
public sealed class RequestLimitsTests
{
    private readonly Faults _faults = new();

    [Theory]
    [InlineData("BodyBytes", "1023", "must be a whole number from 1024 to 1073741824")]
    [InlineData("BodyBytes", "1073741825", "must be a whole number from 1024 to 1073741824")]
    [InlineData("HeaderBytes", "524289", "must be a whole number from 1024 to 524288")]
    [InlineData("UrlBytes", "255", "must be a whole number from 256 to 524288")]
    [InlineData("JsonDepth", "3", "must be a whole number from 4 to 64")]
    [InlineData("RequestSeconds", "0", "must be a whole number from 1 to 600")]
    [InlineData("HeadersSeconds", "121", "must be a whole number from 1 to 120")]
    [InlineData("BodyBytesPerSecond", "0", "must be a whole number from 1 to 1048576")]
    [InlineData("BodyGraceSeconds", "1", "must be a whole number from 2 to 120")]
    [InlineData("QueueSeconds", "soon", "must be a whole number from 1 to 120")]
    [InlineData("DrainSeconds", "-1", "must be a whole number from 0 to 120")]
    [InlineData("Endpoints:upload:Concurrency", "0", "must be a whole number from 1 to 100000")]
    [InlineData("Endpoints:upload:Queue", "100001", "must be a whole number from 0 to 100000")]
    [InlineData("Endpoints:upload:Queues", "1", "unknown key \"Queues\"; did you mean \"Queue\"?")]
    [InlineData("Endpoints:uplod:Queue", "1", "unknown key \"uplod\"; did you mean \"upload\"?")]
    [InlineData("BodyByte", "1", "unknown key \"BodyByte\"; did you mean \"BodyBytes\"?")]
    public void Refuses_what_cannot_be_right_and_goes_on_with_the_default(string key, string value, string fault)
    {
        var limits = Read((key, value));

        Assert.Contains(fault, Assert.Single(_faults.Lines), StringComparison.Ordinal);
        Assert.Equal(
            new RequestLimits() with { Endpoints = limits.Endpoints }, limits);
        Assert.Equal(new RequestLimits().CapOf(Workload.Upload), limits.CapOf(Workload.Upload));
    }

    [Fact]
    public void Takes_both_ends_of_every_range()
    {
        var least = Read(
            ("BodyBytes", "1024"), ("UrlBytes", "256"), ("JsonDepth", "4"), ("DrainSeconds", "0"), ("Endpoints:image:Queue", "0"));
        var most = Read(("BodyBytes", "1073741824"), ("UrlBytes", "524288"), ("JsonDepth", "64"), ("DrainSeconds",
            "120"), ("Endpoints:image:Queue", "100000"));

        Assert.Empty(_faults.Lines);
        Assert.Equal((1024, 256, 4, TimeSpan.Zero, 0), (least.BodyBytes, least.UrlBytes, least.JsonDepth, least.Drain, least.CapOf(
            Workload.Image).Queue));
        Assert.Equal(
            (1 << 30, 1 << 19, 64, TimeSpan.FromMinutes(
                2), 100_000), (most.BodyBytes, most.UrlBytes, most.JsonDepth, most.Drain, most.CapOf(Workload.Image).Queue));
    }

    [Fact]
    public void Holds_work_of_a_kind_without_a_limit_to_the_default() =>
        Assert.Equal(
            new EndpointCap(3, 4), Read(("Endpoints:default:Concurrency", "3"), ("Endpoints:default:Queue", "4")).CapOf("of-a-module"));

    [Fact]
    public void Reports_every_fault_at_once()
    {
        Read(("BodyBytes", "1"), ("JsonDepth", "1"), ("Endpoints:image:Queue", "-1"));

        Assert.Equal(3, _faults.Lines.Count);
    }

    private RequestLimits Read(params (string Key, string Value)[] settings) => RequestLimits.Read(
        new ConfigurationBuilder().AddInMemoryCollection(
            settings.Select(s => KeyValuePair.Create<string, string?>($"Limits:{s.Key}", s.Value))).Build().GetSection("Limits"),
        _faults);
}
