using System.Collections.Concurrent;
using RabbitMQ.Client;

namespace Monolith.Adapters.RabbitMq;

/// <summary>
/// Knows how many messages of each kind lie in the broker, nearly: as it said when it was asked last, and what was sent since.
/// </summary>
/// <param name="settings">What the queues are called, and how much they may hold.</param>
/// <param name="kinds">Which kinds there are.</param>
/// <param name="channel">Where the broker is asked.</param>
/// <param name="onTheWay">How many of a kind the broker does not know yet.</param>
/// <param name="meters">Where it is told.</param>
internal sealed class RabbitDepths(
    RabbitSettings settings, IReadOnlyList<string> kinds, IChannel channel, Func<string, int> onTheWay, RabbitMeters meters)
{
    // Pages that are on their way ask as well.
    private readonly ConcurrentDictionary<string, long> _depths = new(
        kinds.Select(kind => KeyValuePair.Create(kind, 0L)), StringComparer.Ordinal);

    /// <summary>Whether there is no room for some kind.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Whether there is no room for some kind, as far as is known without asking.</summary>
    public bool MayBeFull => _depths.Values.Any(depth => depth >= settings.Window);

    /// <summary>Whether there is room for a kind, as far as is known without asking.</summary>
    public bool HasRoom(string kind) => _depths.TryGetValue(kind, out var depth) && depth < settings.Window;

    /// <summary>Notes what is sent.</summary>
    public void Add(IEnumerable<ReservedMessage> reserved)
    {
        foreach (var message in reserved)
        {
            Add(message.Kind);
        }
    }

    /// <summary>Notes that one is sent, or soon will be.</summary>
    public void Add(string kind) => _depths.AddOrUpdate(kind, 1, (_, depth) => depth + 1);

    /// <summary>Lists the kinds that there is room for. Asks the broker only about those that were full as far as is known.</summary>
    public async Task<IReadOnlyList<string>> WithRoomAsync(CancellationToken cancellationToken)
    {
        foreach (var kind in kinds.Where(kind => _depths[kind] >= settings.Window))
        {
            await AskAsync(kind, cancellationToken);
        }

        var open = kinds.Where(kind => _depths[kind] < settings.Window).ToList();
        IsFull = open.Count < kinds.Count;
        return open;
    }

    /// <summary>Asks about all kinds, and makes the queues that are missing.</summary>
    public async Task AskAsync(CancellationToken cancellationToken)
    {
        foreach (var kind in kinds)
        {
            await AskAsync(kind, cancellationToken);
        }
    }

    /// <summary>
    /// Requires that every queue can work. A broker takes messages for one without a leader and never confirms them, and even tells how
    /// many there are; giving one out it cannot.
    /// </summary>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        foreach (var kind in kinds)
        {
            if (await channel.BasicGetAsync(RabbitTopology.QueueOf(settings, kind), autoAck: false, cancellationToken) is { } message)
            {
                await channel.BasicNackAsync(message.DeliveryTag, multiple: false, requeue: true, cancellationToken);
            }
        }
    }

    private async Task AskAsync(string kind, CancellationToken cancellationToken)
    {
        var depth = await RabbitTopology.DeclareAsync(channel, settings, kind, cancellationToken);
        _depths[kind] = depth + onTheWay(kind);
        meters.Depth(kind, "broker", depth);
    }
}
