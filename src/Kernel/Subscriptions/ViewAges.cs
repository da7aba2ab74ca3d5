using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Telemetry;

namespace Monolith.Kernel.Subscriptions;

/// <summary>Measures how old followed views are, on every node: where no node folds them, no subscription is there to tell.</summary>
public sealed partial class ViewAges : BackgroundService
{
    // Two reads of the store for each projection and shard; no request waits for them.
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(10);

    private readonly Shards _shards;
    private readonly FollowedCatalog _catalog;
    private readonly EventCatalog _events;
    private readonly StoredJson _json;
    private readonly Heartbeats _heartbeats;
    private readonly TimeProvider _clock;
    private readonly ILogger<ViewAges> _log;
    private readonly Meter _meter = new($"{Meters.Prefix}.Views");
    private IReadOnlyList<ViewAge> _all = [];

    /// <summary>Measures nothing yet.</summary>
    public ViewAges(
        Shards shards, FollowedCatalog catalog, EventCatalog events, StoredJson json, Heartbeats heartbeats, TimeProvider clock,
        ILogger<ViewAges> log)
    {
        (_shards, _catalog, _events, _json, _heartbeats, _clock, _log) = (shards, catalog, events, json, heartbeats, clock, log);
        _meter.CreateObservableGauge(
            "monolith.views.age", () => All.GroupBy(a => a.Projection).Select(p => new Measurement<double>(
                p.Max(a => a.Age).TotalSeconds, new KeyValuePair<string, object?>("projection", p.Key))),
            "s", "Since when the oldest event that is not in a followed view has been waiting");
    }

    /// <summary>Each projection in each shard, as the last measurement found it.</summary>
    public IReadOnlyList<ViewAge> All => Volatile.Read(ref _all);

    /// <inheritdoc />
    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    /// <summary>Measures now. Where a store does not answer, the ages stay as they were.</summary>
    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        var measured = await Task.WhenAll(_shards.All.Select(shard => MeasureOrKeepAsync(shard, cancellationToken)));
        Volatile.Write(ref _all, [.. measured.SelectMany(m => m)]);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var heartbeat = _heartbeats.Of("kernel.view-ages", TimeSpan.FromMinutes(1));
        await RetryLoop.RunAsync(RoundAsync, _interval, Failed, _clock, stoppingToken);

        async Task RoundAsync(CancellationToken stopping)
        {
            heartbeat.Beat();
            await MeasureAsync(stopping);
            await Task.Delay(_interval, _clock, stopping);
        }

        void Failed(Exception exception, double seconds)
        {
            heartbeat.Beat();
            LogInterrupted(exception, seconds);
        }
    }

    private async Task<IReadOnlyList<ViewAge>> MeasureOrKeepAsync(Shard shard, CancellationToken cancellationToken)
    {
        try
        {
            return await MeasureAsync(shard, cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            LogUnmeasured(e);
            return [.. All.Where(a => a.Shard == shard.Number)];
        }
    }

    private async Task<IReadOnlyList<ViewAge>> MeasureAsync(Shard shard, CancellationToken cancellationToken)
    {
        var ages = new List<ViewAge>();
        foreach (var projection in _catalog.All)
        {
            var (state, _) = await ProjectionLease.ReadAsync(shard.Store, projection, _json, cancellationToken);
            IReadOnlyCollection<string> types = [.. projection.Events.SelectMany(_events.EveryNameOf)];
            var missed = (await shard.Store.ReadLogAsync(state.Live.Position, 1, types, cancellationToken)).Events.SingleOrDefault();
            var age = missed is null ? TimeSpan.Zero : _clock.GetUtcNow() - missed.At;
            ages.Add(new ViewAge(projection.Name, shard.Number, age > TimeSpan.Zero ? age : TimeSpan.Zero));
        }

        return ages;
    }

    [LoggerMessage(LogLevel.Warning, "Measuring the age of followed views was interrupted, next try in {Seconds} s")]
    private partial void LogInterrupted(Exception exception, double seconds);

    // That a store is unavailable is told by its check.
    [LoggerMessage(LogLevel.Debug, "The age of followed views could not be measured")]
    private partial void LogUnmeasured(Exception exception);
}

/// <summary>How old followed views are.</summary>
/// <param name="Projection">Its name.</param>
/// <param name="Shard">Index of the shard.</param>
/// <param name="Age">Since when the oldest event that is missing in them has been there; zero when none is missing.</param>
public sealed record ViewAge(string Projection, int Shard, TimeSpan Age);
