using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Monolith.Adapters.RabbitMq;

/// <summary>
/// Sends what this process has just stored, without looking for it in the stores: as long as the broker works and has room.
/// </summary>
/// <remarks>
/// Such a message is reserved from the beginning, which spares a write to the store. What is lost between its commit and the broker is due
/// when the lease runs out, like whatever was reserved.
/// </remarks>
internal sealed class RabbitHandover(RabbitSettings settings, RabbitLink link, TimeProvider clock) : IMessageDispatcher
{
    /// <summary>How many may be on their way to the broker.</summary>
    public const int Most = Page * MaxPages;

    private const int Page = 256;
    private const int MaxPages = 2;

    private readonly Channel<ReservedMessage> _stored = Channel.CreateUnbounded<ReservedMessage>(
        new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<string, int> _onTheWay = new(StringComparer.Ordinal);
    private volatile RabbitDepths? _open;
    private int _count;

    /// <inheritdoc />
    public DateTimeOffset? ReserveUntil(SendMessage message)
    {
        var now = clock.GetUtcNow();
        if (_open is not { } depths || link.IsBlocked || message.Due > now || Volatile.Read(ref _count) >= Most
            || !depths.HasRoom(message.Kind))
        {
            return null;
        }

        Count(message.Kind, 1);
        depths.Add(message.Kind);
        return now + settings.Lease;
    }

    /// <inheritdoc />
    public void Dispatch(IReadOnlyList<ReservedMessage> messages, bool isStored)
    {
        foreach (var message in messages)
        {
            if (!isStored || !_stored.Writer.TryWrite(message))
            {
                Count(message.Kind, -1);
            }
        }
    }

    /// <summary>How many of a kind are about to be stored or sent.</summary>
    public int OnTheWay(string kind) => _onTheWay.GetValueOrDefault(kind);

    /// <summary>Sends over a connection, for as long as it works.</summary>
    public async Task RunAsync(RabbitPublisher publisher, RabbitDepths depths, CancellationToken ended)
    {
        _open = depths;
        try
        {
            var pages = new Queue<Task>();
            for (Task<bool>? more = null; ;)
            {
                more ??= _stored.Reader.WaitToReadAsync(ended).AsTask();
                if (pages.Count == MaxPages || (pages.Count > 0 && await Task.WhenAny(more, pages.Peek()) != more))
                {
                    await pages.Dequeue();
                    continue;
                }

                await more;
                more = null;
                pages.Enqueue(SendAsync(publisher, ended));
            }
        }
        finally
        {
            _open = null;
        }
    }

    /// <summary>Takes nothing any more, and waits a little until everything has gone.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        var isOpen = _open is not null;
        _open = null;
        for (var i = 0; isOpen && i < 100 && Volatile.Read(ref _count) > 0; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }
    }

    private async Task SendAsync(RabbitPublisher publisher, CancellationToken ended)
    {
        var page = new List<ReservedMessage>();
        while (page.Count < Page && _stored.Reader.TryRead(out var message))
        {
            page.Add(message);
        }

        try
        {
            await publisher.PublishAsync(page, ended);
        }
        finally
        {
            page.ForEach(message => Count(message.Kind, -1));
        }
    }

    private void Count(string kind, int change)
    {
        Interlocked.Add(ref _count, change);
        _onTheWay.AddOrUpdate(kind, change, (_, count) => count + change);
    }
}
