using RabbitMQ.Client;

namespace Monolith.Adapters.RabbitMq;

/// <summary>Knows how many messages of each kind lie in the broker, nearly: as it said when it was asked last, and what was sent since.</summary>
internal sealed class RabbitDepths(RabbitSettings settings, IReadOnlyList<string> kinds, RabbitMeters meters)
{
    private readonly Dictionary<string, long> _depths = kinds.ToDictionary(kind => kind, _ => 0L, StringComparer.Ordinal);

    /// <summary>Whether there is no room for some kind.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Notes what was sent.</summary>
    public void Add(string kind, int count) => _depths[kind] += count;

    /// <summary>Lists the kinds that there is room for. Asks the broker only about those that were full as far as is known.</summary>
    public async Task<IReadOnlyList<string>> WithRoomAsync(IChannel channel, CancellationToken cancellationToken)
    {
        foreach (var kind in kinds.Where(kind => _depths[kind] >= settings.Window))
        {
            await AskAsync(channel, kind, cancellationToken);
        }

        var open = kinds.Where(kind => _depths[kind] < settings.Window).ToList();
        IsFull = open.Count < kinds.Count;
        return open;
    }

    /// <summary>Asks about all kinds, and makes the queues that are missing.</summary>
    public async Task AskAsync(IChannel channel, CancellationToken cancellationToken)
    {
        foreach (var kind in kinds)
        {
            await AskAsync(channel, kind, cancellationToken);
        }
    }

    private async Task AskAsync(IChannel channel, string kind, CancellationToken cancellationToken)
    {
        _depths[kind] = await RabbitTopology.DeclareAsync(channel, settings, kind, cancellationToken);
        meters.Depth(kind, "broker", _depths[kind]);
    }
}
