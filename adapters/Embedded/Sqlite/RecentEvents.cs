namespace Monolith.Adapters.Embedded;

/// <summary>Knows the ids of the last events, so that none is given twice. Used on the writer's thread.</summary>
/// <remarks>
/// The file has no index on them: it would cost every event more than it is worth once in years. Ids that are equal by chance carry the
/// same millisecond, so their commits come close together, and to this one writer.
/// </remarks>
internal sealed class RecentEvents
{
    // Several seconds of a busy store.
    private const int Capacity = 16_384;

    private readonly HashSet<Guid> _known = [];
    private readonly Queue<Guid> _order = new();
    private readonly HashSet<Guid> _checked = [];
    private readonly List<Guid> _pending = [];

    /// <summary>Whether a commit would store an id for the second time.</summary>
    public bool IsAnyRepeated(IReadOnlyList<Append> appends)
    {
        _checked.Clear();
        foreach (var append in appends)
        {
            foreach (var e in append.Events)
            {
                if (_known.Contains(e.Id) || !_checked.Add(e.Id))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Takes note of an id that was written.</summary>
    public void Add(Guid id)
    {
        _known.Add(id);
        _pending.Add(id);
    }

    /// <summary>Takes note of the end of a transaction, and forgets what is long ago.</summary>
    public void Committed()
    {
        _pending.ForEach(_order.Enqueue);
        _pending.Clear();
        while (_order.Count > Capacity)
        {
            _known.Remove(_order.Dequeue());
        }
    }

    /// <summary>Forgets what a transaction that was rolled back had written.</summary>
    public void RolledBack()
    {
        _known.ExceptWith(_pending);
        _pending.Clear();
    }
}
