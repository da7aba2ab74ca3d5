using JasperFx;
using JasperFx.Events.Daemon;
using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>Looks after the projections that a daemon runs: each by itself, so that one that stops is in no other's way.</summary>
internal sealed partial class ReportAgents(
    Shard shard, ReportStore store, IProjectionDaemon daemon, ReportFaults faults, TimeProvider clock, ILogger log)
{
    private static readonly TimeSpan _firstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _longestPause = TimeSpan.FromMinutes(1);

    // Marten ends a rebuild after this long; the largest one should be done by then.
    private static readonly TimeSpan _patience = TimeSpan.FromDays(7);

    private readonly Dictionary<string, Stopped> _stopped = new(StringComparer.Ordinal);
    private volatile string? _rebuilding;

    /// <summary>Starts again what stopped, slower each time, and takes note of why.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        var agents = daemon.CurrentAgents();
        foreach (var projection in store.Projections.Where(p => p.Name != _rebuilding))
        {
            var agent = agents.FirstOrDefault(a => a.Name.Identity == projection.Id);
            if (agent is { Status: AgentStatus.Running })
            {
                Continue(projection, agent.Position);
            }
            else if (Stop(projection, agent))
            {
                await daemon.StartAgentAsync(projection.Id, cancellationToken);
            }
        }
    }

    /// <summary>Rebuilds what was asked for, one projection after the other.</summary>
    public async Task RebuildAsync(CancellationToken cancellationToken)
    {
        foreach (var asked in (await store.ProgressAsync(cancellationToken)).Where(p => p.IsRebuilding))
        {
            _rebuilding = asked.Projection;
            try
            {
                LogRebuilding(NameOf(asked.Projection));
                await daemon.RebuildProjectionAsync(asked.Projection, _patience, cancellationToken);
                await store.NoteRebuiltAsync(asked.Projection, cancellationToken);
                faults.Clear(NameOf(asked.Projection));
                LogRebuilt(NameOf(asked.Projection));
            }
            catch (Exception e) when (e is not (OperationCanceledException or StoreUnavailableException))
            {
                Note(asked.Projection, $"cannot be rebuilt: {ReasonOf(e)}", e);
                await Task.Delay(_longestPause, clock, cancellationToken);
            }
            finally
            {
                _rebuilding = null; // Its agent has ended; the next round starts another.
            }
        }
    }

    // Only when it got past the event at which it stopped is it well.
    private void Continue(ReportProjection projection, long position)
    {
        if (_stopped.TryGetValue(projection.Name, out var stopped)
            && (position > stopped.Position || position >= daemon.HighWaterMark()))
        {
            _stopped.Remove(projection.Name);
            if (faults.Clear(NameOf(projection.Name)))
            {
                LogContinues(NameOf(projection.Name));
            }
        }
    }

    // True when it is time to start it again.
    private bool Stop(ReportProjection projection, ISubscriptionAgent? agent)
    {
        if (agent?.Failure is null && !_stopped.ContainsKey(projection.Name))
        {
            return true; // It ended without a fault: after a rebuild.
        }

        if (!_stopped.TryGetValue(projection.Name, out var stopped))
        {
            _stopped[projection.Name] = stopped = new Stopped(agent?.Position ?? 0, new Backoff(_firstPause, _longestPause));
        }

        var cause = daemon.Tracker.TryGetCurrentState(projection.Id, out var state) ? state.Exception : null;
        var at = agent?.Failure?.Event is { } @event ? $" at event {@event.Sequence} ({@event.EventTypeName})" : "";
        Note(projection.Name, $"stopped{at}: {(cause is null ? agent?.Failure?.Message : ReasonOf(cause))}", cause);
        if (clock.GetUtcNow() < stopped.Next)
        {
            return false;
        }

        stopped.Next = clock.GetUtcNow() + stopped.Pause.Next();
        return true;
    }

    private void Note(string projection, string fault, Exception? cause)
    {
        if (faults.Note(NameOf(projection), fault))
        {
            LogStopped(cause, NameOf(projection));
        }
    }

    private string NameOf(string projection) => ReportFaults.NameOf(store, shard, projection);

    private static string ReasonOf(Exception exception) =>
        exception.GetBaseException() is var cause ? $"{cause.GetType().Name}: {cause.Message.ReplaceLineEndings(" ")}" : "";

    [LoggerMessage(LogLevel.Error, "Projection {Projection} stopped")]
    private partial void LogStopped(Exception? exception, string projection);

    [LoggerMessage(LogLevel.Information, "Projection {Projection} continues")]
    private partial void LogContinues(string projection);

    [LoggerMessage(LogLevel.Information, "Rebuilding projection {Projection}")]
    private partial void LogRebuilding(string projection);

    [LoggerMessage(LogLevel.Information, "Rebuilt projection {Projection}")]
    private partial void LogRebuilt(string projection);

    private sealed class Stopped(long position, Backoff pause)
    {
        public long Position { get; } = position;

        public Backoff Pause { get; } = pause;

        public DateTimeOffset Next { get; set; }
    }
}
