using Monolith.Kernel.Ports;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Caching;

/// <summary>A copy that is being looked for or made.</summary>
internal sealed class Flight
{
    private readonly TaskCompletionSource<Kept?> _landed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the copy is there; with null when the leader could make none.</summary>
    public Task<Kept?> Landed => _landed.Task;

    internal void Land(Kept? kept) => _landed.TrySetResult(kept);
}

/// <summary>Single flight: of many who want the same copy at the same time, the first leads, and the others wait for it.</summary>
/// <remarks>
/// A commit to the stream that a copy shows closes its flight to those who come later, as it evicts copies that are there: what they would
/// get is outdated.
/// </remarks>
internal sealed class SingleFlight : ICacheInvalidator
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<string, (Flight Flight, LogPosition Begun)>> _byStream = new(StringComparer.Ordinal);

    /// <summary>Finds the flight that brings a copy, or begins it.</summary>
    /// <param name="copy">Which one.</param>
    /// <param name="leads">Whether the caller began it, and must land it.</param>
    public Flight Join(CachedResponse copy, out bool leads)
    {
        lock (_lock)
        {
            if (!_byStream.TryGetValue(copy.Stream, out var flights))
            {
                _byStream[copy.Stream] = flights = new(1, StringComparer.Ordinal);
            }

            // What is on its way already may be too old for this reader, who then leads those who come next.
            leads = !flights.TryGetValue(copy.Key, out var found) || !found.Begun.Reaches(copy.Demanded);
            if (leads)
            {
                flights[copy.Key] = found = (new Flight(), copy.Begun);
            }

            return found.Flight;
        }
    }

    /// <summary>Ends a flight.</summary>
    public void Land(CachedResponse copy, Flight flight, Kept? kept)
    {
        lock (_lock)
        {
            if (_byStream.TryGetValue(copy.Stream, out var flights) && flights.TryGetValue(copy.Key, out var present)
                && present.Flight == flight)
            {
                flights.Remove(copy.Key);
                if (flights.Count == 0)
                {
                    _byStream.Remove(copy.Stream);
                }
            }
        }

        flight.Land(kept);
    }

    /// <inheritdoc />
    public ValueTask EvictAsync(string tag, LogPosition position, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // Those too that were begun at this position or above: they may have found a copy that was evicted only after that.
            _byStream.Remove(tag);
        }

        return ValueTask.CompletedTask;
    }
}
