using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;

namespace Monolith.Kernel.Tests.Sharding;

/// <summary>The loop that leaves signs of life, and withdraws the last one.</summary>
public sealed class NodeSignsTests : IAsyncDisposable
{
    private readonly FakeClock _clock = new();
    private readonly MemoryStore _memory;
    private readonly List<IAsyncDisposable> _nodes = [];
    private readonly Heartbeats _heartbeats;
    private Action<string> _beforeStore = _ => { };

    public NodeSignsTests() => (_memory, _heartbeats) = (new MemoryStore(_clock), new Heartbeats(_clock));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _heartbeats.Dispose();
    }

    [Fact]
    public async Task A_node_is_known_while_it_runs_and_gone_once_it_stopped()
    {
        var (web, signs) = Start("web");
        var (watch, _) = Start("worker");
        await signs.StartAsync(default);
        await LookUntilAsync(watch, "web", isKnown: true);

        await signs.StopAsync(default);

        await watch.LookAsync(default);
        Assert.False(watch.Has("web"));
        Assert.Empty(await _memory.QueryAsync(new DocumentQuery(NodeSign.Kind, 10), default));
        Assert.True(web.Has("web"));
    }

    [Fact]
    public async Task Signs_again_at_once_after_the_store_was_unavailable()
    {
        var (_, signs) = Start("web");
        var (watch, _) = Start("worker");
        var failures = 0;
        BreakStore(() => failures++);
        await signs.StartAsync(default);
        await _clock.UntilAsync(() => Task.FromResult(failures >= 2));

        _beforeStore = _ => { };

        await LookUntilAsync(watch, "web", isKnown: true);
        Assert.True(_heartbeats.All.Single(h => h.Loop == "kernel.nodes").IsAlive);
        await signs.StopAsync(default);
    }

    [Fact]
    public async Task Ends_though_its_sign_cannot_be_withdrawn()
    {
        var (_, signs) = Start("web");
        var (watch, _) = Start("worker");
        await signs.StartAsync(default);
        await LookUntilAsync(watch, "web", isKnown: true);
        BreakStore(() => { });

        await signs.StopAsync(default);

        Assert.True(signs.ExecuteTask!.IsCompletedSuccessfully); // It was started.
        _beforeStore = _ => { };
        for (var i = 0; i < 5; i++)
        {
            _clock.Advance(Nodes.Interval);
            await watch.LookAsync(default);
        }

        Assert.False(watch.Has("web"));
    }

    [Fact]
    public async Task The_nodes_that_are_alive_are_measured_by_role()
    {
        var (web, signs) = Start("web");
        var measured = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == "monolith.nodes")
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => measured[$"{tags[0].Value}"] = value);
        await web.LookAsync(default);
        listener.Start();

        listener.RecordObservableInstruments();

        Assert.Equal((1, 0), (measured["web"], measured["worker"]));
        signs.Dispose();
    }

    // What it is stays known; what it holds cannot be reached.
    private void BreakStore(Action onCall) => _beforeStore = method =>
    {
        if (!method.StartsWith("get_", StringComparison.Ordinal))
        {
            onCall();
            throw new StoreUnavailableException("unreachable", isFull: false, null);
        }
    };

    private (Nodes Nodes, NodeSigns Signs) Start(string role)
    {
        var node = new TestNode(InterceptedStore.Before(_memory, method => _beforeStore(method)), _clock);
        _nodes.Add(node);
        var nodes = new Nodes(node.Get<Shards>(), node.Get<Node>(), [role], node.Get<StoredJson>(), _clock);
        return (nodes, new NodeSigns(nodes, _heartbeats, _clock, NullLogger<NodeSigns>.Instance));
    }

    private Task LookUntilAsync(Nodes nodes, string role, bool isKnown) => _clock.UntilAsync(async () =>
    {
        await nodes.LookAsync(default);
        return nodes.Has(role) == isKnown;
    });
}
