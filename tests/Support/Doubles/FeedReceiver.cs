using Monolith.Kernel.Ports;

namespace Monolith.Support;

/// <summary>A receiver that goes by <see cref="FeedMessage.After"/>, as docs/receiving.md says. Keeps what it applied.</summary>
internal sealed class FeedReceiver
{
    private readonly Dictionary<(string Store, int Shard), long> _positions = [];
    private readonly HashSet<Guid> _late = [];

    /// <summary>What had an effect, in its order.</summary>
    public List<FeedMessage> Applied { get; } = [];

    /// <summary>How many messages it had already.</summary>
    public int Copies { get; private set; }

    /// <summary>Takes a message. False for a gap: it misses something, and asks for it before it takes this.</summary>
    public bool Take(FeedMessage message)
    {
        var log = (message.Store, message.Shard);
        var mine = _positions.GetValueOrDefault(log);
        if (message.After == message.Position)
        {
            if (_late.Add(message.Id))
            {
                Applied.Add(message);
            }

            return true;
        }

        if (message.Position <= mine)
        {
            Copies++;
            return true;
        }

        if (message.After > mine)
        {
            return false;
        }

        Applied.Add(message);
        _positions[log] = message.Position;
        return true;
    }
}
