using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Monolith.Kernel.Tests;

/// <summary>What is stored of a trace, and what begins from it.</summary>
public sealed class TraceParentTests : IAsyncDisposable
{
    private readonly MemoryStore _store = new(TimeProvider.System);
    private readonly TestNode _node;
    private readonly Activity _request = new("request");
    private readonly ActivityListener _exporter;

    public TraceParentTests()
    {
        _node = new TestNode(_store, TimeProvider.System);
        _request.SetIdFormat(ActivityIdFormat.W3C).Start();

        // Of this test alone: other tests have traces of their own.
        _exporter = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Meters.Prefix,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent.TraceId == _request.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
        };
        ActivitySource.AddActivityListener(_exporter);
    }

    public ValueTask DisposeAsync()
    {
        _exporter.Dispose();
        _request.Dispose();
        return _node.DisposeAsync();
    }

    [Fact]
    public async Task Is_stored_with_an_event_where_it_is_exported_and_begins_its_handling()
    {
        (_request.ActivityTraceFlags, Activity.Current) = (ActivityTraceFlags.Recorded, _request);
        await _node.HappenAsync(Thing.Stream("a"), "x");
        var stored = Assert.Single(await _store.ReadStreamAsync(Thing.Stream("a"), 0, 10, default));
        Activity.Current = null; // Handled by a loop.

        using var handling = EventMeta.StartHandling("handles", stored.Meta);

        Assert.Equal($"{_request.SpanId}", (string?)JsonNode.Parse(stored.Meta.Span)!["span"]);
        Assert.Equal((_request.TraceId, _request.SpanId, true), (handling!.TraceId, handling.ParentSpanId, handling.Recorded));
    }

    [Fact]
    public async Task Names_no_span_of_an_event_whose_trace_is_not_exported()
    {
        Activity.Current = _request;
        await _node.HappenAsync(Thing.Stream("a"), "x");

        var meta = JsonNode.Parse(Assert.Single(await _store.ReadStreamAsync(Thing.Stream("a"), 0, 10, default)).Meta.Span)!.AsObject();

        Assert.Equal(["trace"], meta.Select(p => p.Key));
        Assert.Equal(ActivityTraceFlags.None, TraceParent.Of((string?)meta["trace"], null).TraceFlags);
        Assert.Equal(_request.TraceId, TraceParent.Of((string?)meta["trace"], null).TraceId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"trace":7}""")]
    [InlineData("""{"trace":"x","span":"y"}""")]
    public void Is_none_where_nothing_can_be_read(string meta)
    {
        Activity.Current = null;

        // Of no trace that this test exports, and no exception.
        Assert.Null(EventMeta.StartHandling("handles", System.Text.Encoding.UTF8.GetBytes(meta)));
    }

    [Fact]
    public void Goes_along_with_a_message()
    {
        (_request.ActivityTraceFlags, Activity.Current) = (ActivityTraceFlags.Recorded, _request);
        var parent = TraceParent.Current;
        Activity.Current = null;

        using var job = TraceParent.Start("job", parent);

        Assert.Equal((_request.TraceId, _request.SpanId), (job!.TraceId, job.ParentSpanId));
    }
}
