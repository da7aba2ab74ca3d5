using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.Edge;

/// <summary>What is known of the edge: whether readers are sent there, and whether it takes purges. Safe from any thread.</summary>
internal sealed partial class EdgeHealth : IExternalDependency, IDisposable
{
    // A refused client asks again within half a minute, perhaps another node: then this one has no record of it.
    private static readonly TimeSpan _remembered = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly EdgeSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger<EdgeHealth> _log;
    private readonly Meter _meter;
    private readonly Counter<long> _falls;
    private readonly Counter<long> _purges;
    private readonly Counter<long> _keys;
    private volatile bool _isUp;
    private string? _fault;
    private (string Reason, long At)? _refusal;
    private bool _isDecided;
    private int _good;
    private int _bad;

    /// <param name="settings">After how many answers it is lost and back.</param>
    /// <param name="clock">Tells the time.</param>
    /// <param name="meters">Makes the meter <c>Monolith.Edge</c>.</param>
    /// <param name="log">Is told of losses and returns.</param>
    public EdgeHealth(EdgeSettings settings, TimeProvider clock, IMeterFactory meters, ILogger<EdgeHealth> log)
    {
        (_settings, _clock, _log, _meter) = (settings, clock, log, meters.Create("Monolith.Edge"));
        _falls = _meter.CreateCounter<long>(
            "monolith.edge.falls", "{fall}", "How often readers were sent to the origin because the edge was lost");
        _purges = _meter.CreateCounter<long>("monolith.edge.purges", "{request}", "Requests to purge, by outcome");
        _keys = _meter.CreateCounter<long>(
            "monolith.edge.purged_keys", "{key}", "Surrogate keys that the edge was told to forget, and did");
        if (settings.Probe is not null)
        {
            _meter.CreateObservableGauge("monolith.edge.up", () => _isUp ? 1 : 0, null, "Whether readers are sent to the edge");
        }
    }

    /// <inheritdoc />
    public string Port => Kernel.Adapters.Port.Edge.Name;

    /// <inheritdoc />
    public string? Fault
    {
        get
        {
            lock (_lock)
            {
                return _fault ?? (_refusal is { } refusal && _clock.GetElapsedTime(refusal.At) < _remembered ? refusal.Reason : null);
            }
        }
    }

    /// <summary>Whether readers are sent there.</summary>
    public bool IsUp => _isUp;

    /// <summary>Takes note of an answer that came through the edge.</summary>
    /// <param name="reason">What was wrong with it; null when it was good.</param>
    public void Probed(string? reason)
    {
        lock (_lock)
        {
            (_good, _bad) = reason is null ? (_good + 1, 0) : (0, _bad + 1);

            // The first good answer of a process counts at once: nothing was lost yet.
            if (!_isUp && reason is null && (_good >= _settings.Rise || !_isDecided))
            {
                var isBack = _isDecided;
                (_isUp, _isDecided, _fault) = (true, true, null);
                if (isBack)
                {
                    LogBack(_settings.Name, _good);
                }
            }
            else if (reason is not null && _bad == _settings.Fall && (_isUp || !_isDecided))
            {
                (_isUp, _isDecided) = (false, true);
                _falls.Add(1);
                LogLost(_settings.Name, reason);
            }

            if (!_isUp && _isDecided && reason is not null)
            {
                _fault = $"The edge {_settings.Name} is not used: {reason}";
            }
        }
    }

    /// <summary>Takes note of a purge that was carried out.</summary>
    public void Purged(int keys)
    {
        _purges.Add(1, new KeyValuePair<string, object?>("outcome", "done"));
        _keys.Add(keys);
        Takes(null);
    }

    /// <summary>Takes note of a purge that was not.</summary>
    public void Refused(string reason)
    {
        _purges.Add(1, new KeyValuePair<string, object?>("outcome", "refused"));
        Takes(reason);
    }

    /// <summary>Takes note of whether purges are taken.</summary>
    /// <param name="reason">Why not; null when they are.</param>
    public void Takes(string? reason)
    {
        lock (_lock)
        {
            if (_refusal is null && reason is not null)
            {
                LogRefused(_settings.Name, reason);
            }
            else if (_refusal is not null && reason is null)
            {
                LogTaken(_settings.Name);
            }

            _refusal = reason is null ? null : ($"The edge {_settings.Name} takes no purge: {reason}", _clock.GetTimestamp());
        }
    }

    /// <inheritdoc />
    public void Dispose() => _meter.Dispose();

    [LoggerMessage(LogLevel.Warning, "The edge {Edge} is lost, readers come here now: {Reason}")]
    private partial void LogLost(string edge, string reason);

    [LoggerMessage(LogLevel.Information, "The edge {Edge} is used again after {Good} good answers in a row")]
    private partial void LogBack(string edge, int good);

    [LoggerMessage(LogLevel.Warning, "The edge {Edge} takes no purge, which waits: {Reason}")]
    private partial void LogRefused(string edge, string reason);

    [LoggerMessage(LogLevel.Information, "The edge {Edge} takes purges again")]
    private partial void LogTaken(string edge);
}
