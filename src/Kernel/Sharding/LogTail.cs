using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Sharding;

/// <summary>The newest events of a shard's log, read once for all subscriptions of this process. Safe from any thread.</summary>
/// <remarks>
/// A contiguous range that grows at its end only: by one read of the store at a time, and by own commits. The position rule makes that
/// right: what lies within the range neither changes nor becomes more while the process runs.
/// </remarks>
internal sealed class LogTail(Shard shard)
{
    /// <summary>How many events are kept at most.</summary>
    public const int MaxEvents = 1000;

    /// <summary>How much data they hold at most, in bytes.</summary>
    public const int MaxBytes = 4 << 20;

    private const int PageSize = 500;

    private readonly Lock _lock = new();
    private readonly List<StoredEvent> _events = [];
    private long _bytes;

    // Every event after the one position and up to the other is kept.
    private long _after;
    private long _through;

    // Reads of the store are numbered: the last that began, the last that came to the head of the log, the last that began before a doubt.
    private long _begun;
    private long _arrived;
    private long _doubted;
    private Lazy<Task>? _flight;

    /// <summary>Other processes may have stored events, up to an unknown position: what was read before may not be all.</summary>
    public void Doubt()
    {
        lock (_lock)
        {
            _doubted = _begun;
        }
    }

    /// <summary>
    /// Reads a page as <see cref="IReadStore.ReadLogAsync"/> does; never without what this process knew to be stored when it was asked.
    /// </summary>
    /// <param name="afterPosition">As there.</param>
    /// <param name="limit">As there.</param>
    /// <param name="types">As there.</param>
    /// <param name="isAfresh">Never without what any process had stored when it was asked: by a read that began after that.</param>
    /// <param name="cancellationToken">As there.</param>
    public async ValueTask<LogPage> ReadAsync(
        long afterPosition, int limit, IReadOnlyCollection<string>? types, bool isAfresh, CancellationToken cancellationToken)
    {
        var (known, begun, hasLooked) = (shard.Last.Value, Interlocked.Read(ref _begun), false);
        while (true)
        {
            Lazy<Task> flight;
            lock (_lock)
            {
                if (!Holds(afterPosition, known))
                {
                    break;
                }

                var page = Page(afterPosition, limit, types);
                var isAll = _arrived > begun
                    || (!isAfresh && _through >= known && _arrived > _doubted && (hasLooked || _through > afterPosition));
                if (isAll || page.Events.Count == limit)
                {
                    return page;
                }

                flight = _flight ??= Begin();
            }

            // It goes on when this caller cancels: others wait for it too.
            await flight.Value.WaitAsync(cancellationToken);
            hasLooked = true;
        }

        return await shard.Store.ReadLogAsync(afterPosition, limit, types, cancellationToken);
    }

    /// <summary>
    /// Takes what this process has just stored, so that it need not be read back. Only what begins right behind the range: positions have
    /// no gaps, so nothing lies in between. It says nothing of what other processes stored since.
    /// </summary>
    /// <param name="commits">In the order in which they were stored.</param>
    /// <param name="outcomes">Of each.</param>
    public void Feed(IReadOnlyList<Commit> commits, IReadOnlyList<CommitOutcome> outcomes)
    {
        lock (_lock)
        {
            // A look that is under way may find it as well; and before the first one there is no range.
            if (_flight is not null || _through == 0)
            {
                return;
            }

            var fed = new List<StoredEvent>();
            for (var i = 0; i < commits.Count; i++)
            {
                if (outcomes[i] is Committed(var last) && commits[i].Appends.Count > 0 && !TryAdd(fed, commits[i].Appends, last))
                {
                    return;
                }
            }

            Extend(fed, _through + fed.Count);
        }
    }

    // False where another process stored something in between, or where it is a retry of what was stored before.
    private bool TryAdd(List<StoredEvent> fed, IReadOnlyList<Append> appends, long last)
    {
        if (last != _through + fed.Count + appends.Sum(a => a.Events.Count))
        {
            return false;
        }

        foreach (var append in appends)
        {
            for (var i = 0; i < append.Events.Count; i++)
            {
                var e = append.Events[i];
                fed.Add(new StoredEvent(
                    e.Id, append.Stream, append.ExpectedVersion + i + 1, _through + fed.Count + 1, e.Type, e.Data, ToMilliseconds(e.At),
                    e.Meta));
            }
        }

        return true;
    }

    // As every store keeps it.
    private static DateTimeOffset ToMilliseconds(DateTimeOffset at) => DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());

    // Who is further behind the head reads alone: his pages would push out what the others wait for.
    private bool Holds(long position, long known)
    {
        if (known - position >= MaxEvents)
        {
            return false;
        }

        if (position > _through + PageSize && position <= known && _flight is null)
        {
            // It caught up alone, past a range that no reader continued. Others may be close behind.
            _events.Clear();
            (_after, _through, _bytes, _arrived) = (position - PageSize, position - PageSize, 0, 0);
        }

        return position >= _after && position <= _through + PageSize;
    }

    private LogPage Page(long afterPosition, int limit, IReadOnlyCollection<string>? types)
    {
        var found = new List<StoredEvent>();
        for (var i = _events.FindLastIndex(e => e.Position <= afterPosition) + 1; i < _events.Count && found.Count < limit; i++)
        {
            if (types?.Contains(_events[i].Type) != false)
            {
                found.Add(_events[i]);
            }
        }

        return new LogPage(found, found.Count == limit ? found[^1].Position : Math.Max(afterPosition, _through));
    }

    // Lazy, because a store may do all of its reading before it returns, which must not be under the lock.
    private Lazy<Task> Begin()
    {
        var (number, after) = (++_begun, _through);
        return new Lazy<Task>(() => FlyAsync(number, after));
    }

    private async Task FlyAsync(long number, long after)
    {
        LogPage? page = null;
        try
        {
            page = await shard.Store.ReadLogAsync(after, PageSize, types: null, CancellationToken.None);
        }
        finally
        {
            lock (_lock)
            {
                _flight = null;
                if (page is not null)
                {
                    Extend(page.Events, page.Through);
                    _arrived = page.Events.Count < PageSize ? number : _arrived;
                }
            }
        }
    }

    private void Extend(IReadOnlyList<StoredEvent> events, long through)
    {
        _events.AddRange(events);
        _bytes += events.Sum(SizeOf);
        _through = through;
        var dropped = 0;
        for (; _events.Count - dropped > MaxEvents || _bytes > MaxBytes; dropped++)
        {
            (_after, _bytes) = (_events[dropped].Position, _bytes - SizeOf(_events[dropped]));
        }

        _events.RemoveRange(0, dropped);
    }

    private static long SizeOf(StoredEvent stored) => stored.Data.Length + stored.Meta.Length;
}
