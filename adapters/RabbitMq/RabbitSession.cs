using RabbitMQ.Client;

namespace Monolith.Adapters.RabbitMq;

/// <summary>A copy of a message that came from the broker, and is to be acknowledged there.</summary>
/// <param name="Message">What it says.</param>
/// <param name="Session">Where it came from.</param>
/// <param name="Tag">What it is called there.</param>
internal sealed record RabbitDelivery(ReservedMessage Message, RabbitSession Session, ulong Tag);

/// <summary>
/// A channel that messages come through, from its opening to its end. Knows what was handed out: a channel that is closed during an
/// acknowledgement takes the whole connection along.
/// </summary>
internal sealed class RabbitSession(IChannel channel)
{
    // The holder of a delivery is about to ask a store, which has its own limits.
    private static readonly TimeSpan _longestEnd = TimeSpan.FromSeconds(10);

    private readonly SortedSet<ulong> _done = [];
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new(); // for what follows
    private ulong _first = 1;
    private int _held;
    private Task _sent = Task.CompletedTask;
    private TaskCompletionSource? _idle;

    /// <summary>Completes when the broker ended it.</summary>
    public Task Over => _over.Task;

    /// <summary>Notes that the broker ended it.</summary>
    public void End() => _over.TrySetResult();

    /// <summary>Notes that a copy was handed out, until it is acknowledged.</summary>
    public void Hold()
    {
        lock (_lock)
        {
            _held++;
        }
    }

    /// <summary>
    /// Tells the broker that copies which were held need not come again. Never fails: at worst they come again, and are of no use then.
    /// </summary>
    public async Task AcknowledgeAsync(IReadOnlyCollection<ulong> tags)
    {
        try
        {
            await SendAsync(tags);
        }
        finally
        {
            lock (_lock)
            {
                _held -= tags.Count;
                if (_held == 0)
                {
                    _idle?.TrySetResult();
                }
            }
        }
    }

    /// <summary>Refuses what cannot be read: the broker puts it aside.</summary>
    public async Task RejectAsync(ulong tag)
    {
        await channel.BasicRejectAsync(tag, requeue: false, CancellationToken.None);
        lock (_lock)
        {
            _done.Add(tag);
        }
    }

    /// <summary>Waits until every delivery was returned.</summary>
    public async Task EmptyAsync()
    {
        Task idle;
        lock (_lock)
        {
            _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
            idle = _held == 0 ? Task.CompletedTask : _idle.Task;
        }

        await Task.WhenAny(idle, Task.Delay(_longestEnd, TimeProvider.System, CancellationToken.None));
    }

    // One after the other, so that no acknowledgement names what an earlier one did already: that would end the channel.
    private Task SendAsync(IReadOnlyCollection<ulong> tags)
    {
        lock (_lock)
        {
            _done.UnionWith(tags);
            while (_done.Remove(_first))
            {
                _first++;
            }

            return _sent = SendAsync(_sent, tags, _first);
        }
    }

    // Without a gap they go in one: a broker is told of a page as quickly as of a message.
    private async Task SendAsync(Task before, IReadOnlyCollection<ulong> tags, ulong end)
    {
        await before;
        try
        {
            // The last of these, and not the last before the gap: that one may be acknowledged already, and a broker that does not find it
            // ends the channel.
            if (tags.Where(tag => tag < end).Select(tag => (ulong?)tag).Max() is { } last)
            {
                await channel.BasicAckAsync(last, multiple: true, CancellationToken.None);
            }

            foreach (var tag in tags.Where(tag => tag >= end))
            {
                await channel.BasicAckAsync(tag, multiple: false, CancellationToken.None);
            }
        }
        catch (Exception e) when (RabbitFailure.IsOutage(e))
        {
            // As said above.
        }
    }
}
