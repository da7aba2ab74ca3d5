using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Monolith.Adapters.Embedded;
using Monolith.Adapters.RabbitMq;

namespace Monolith.Adapters.Tests.RabbitMq;

/// <summary>What a node has of RabbitMQ, put together as the adapter does.</summary>
internal sealed class RabbitNode : IAsyncDisposable
{
    private readonly Meter _meter = new(RabbitMeters.Name);
    private readonly Heartbeats _heartbeats;
    private readonly MeterListener _listener = new();
    private readonly RabbitConsumer _consumer;
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    public RabbitNode(string url, Shards shards, TimeProvider clock, params IReadOnlyList<string> kinds)
    {
        var settings = SettingsOf(url);
        _heartbeats = new Heartbeats(clock);
        Listen();
        var meters = new RabbitMeters(_meter);
        Relay = new RabbitRelay(settings, shards, [new Kinds(kinds)], meters, _heartbeats, clock, NullLogger<RabbitRelay>.Instance);
        _consumer = new RabbitConsumer(settings, meters, clock, NullLogger<RabbitConsumer>.Instance);
        Queue = new RabbitQueue(new StoreQueue(shards, clock), Relay, _consumer, shards, meters, clock);
    }

    public RabbitQueue Queue { get; }

    public RabbitRelay Relay { get; }

    /// <summary>What its instruments counted, by name, with the place behind a dot where there is one.</summary>
    public IReadOnlyDictionary<string, long> Counts
    {
        get
        {
            _listener.RecordObservableInstruments();
            lock (_counts)
            {
                return new Dictionary<string, long>(_counts, StringComparer.Ordinal);
            }
        }
    }

    public static RabbitSettings SettingsOf(string url)
    {
        var faults = new Faults();
        var settings = RabbitSettings.Read(AdapterUrl.Parse("Adapters:Queue", url, faults)!); // Null only without a scheme.
        faults.ThrowIfAny();
        return settings;
    }

    /// <summary>Starts it and waits until messages go to the broker.</summary>
    public async Task<RabbitNode> StartAsync()
    {
        await Relay.StartAsync(CancellationToken.None);
        await Eventually.IsSoAsync(() => Relay.Fault is null, () => Relay.Fault);
        return this;
    }

    /// <summary>Waits until so many messages have arrived here, as if a worker were about to take them.</summary>
    public async Task ArriveAsync(string kind, int count, Action? beat = null)
    {
        _consumer.Begin(new TakeMessages([kind], count, "none", TimeSpan.FromHours(1)));
        await Eventually.IsSoAsync(() =>
        {
            beat?.Invoke();
            return _consumer.Count >= count;
        });
        _consumer.End();
    }

    public async ValueTask DisposeAsync()
    {
        await _consumer.DisposeAsync();
        await Relay.StopAsync(CancellationToken.None);
        Relay.Dispose();
        _listener.Dispose();
        _heartbeats.Dispose();
        _meter.Dispose();
    }

    private void Listen()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var place = tags.ToArray().FirstOrDefault(t => t.Key == "place").Value;
            var name = $"{instrument.Name["monolith.queue.".Length..]}{(place is null ? "" : $".{place}")}";
            lock (_counts)
            {
                _counts[name] = instrument.IsObservable ? value : _counts.GetValueOrDefault(name) + value;
            }
        });
        _listener.Start();
    }

    private sealed record Kinds(IReadOnlyCollection<string> Names) : IMessageKinds;
}
