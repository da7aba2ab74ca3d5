using Monolith.Kernel.Ports;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Caching;

/// <summary>Remembers up to which position tags were evicted, for entries that were begun before and arrive after.</summary>
/// <remarks>
/// Memory is bounded and correctness does not depend on it: forgetting a tag raises a floor below which no tagged entry is taken at all.
/// Not safe from several threads.
/// </remarks>
/// <param name="limit">Bytes to take at most.</param>
/// <param name="clock">Tells what is long ago.</param>
public sealed class EvictedTags(long limit, TimeProvider clock)
{
    // Longer than any entry should take to make; one that takes longer meets the floor.
    private static readonly TimeSpan _remembered = TimeSpan.FromMinutes(2);

    // Measured as for entries of the cache.
    private const int Overhead = 160;

    private readonly Dictionary<string, LinkedListNode<Mark>> _byTag = new(StringComparer.Ordinal);
    private readonly LinkedList<Mark> _oldestFirst = new();
    private readonly Dictionary<int, long> _floorByShard = [];

    /// <summary>Counts the bytes held, overhead included.</summary>
    public long Bytes { get; private set; }

    /// <summary>Notes that a tag was evicted.</summary>
    public void Add(string tag, LogPosition position)
    {
        if (_byTag.TryGetValue(tag, out var former))
        {
            position = position.Reaches(former.Value.Position) || position.Shard != former.Value.Position.Shard
                ? position
                : former.Value.Position;
            Remove(former);
        }

        _byTag[tag] = _oldestFirst.AddLast(new Mark(tag, position, clock.GetTimestamp()));
        Bytes += SizeOf(tag);
        while (_oldestFirst.First is { } oldest && (Bytes > limit || clock.GetElapsedTime(oldest.Value.At) > _remembered))
        {
            var (shard, value) = oldest.Value.Position;
            _floorByShard[shard] = Math.Max(FloorOf(shard), value);
            Remove(oldest);
        }
    }

    /// <summary>Tells whether none of the entry's tags can have been evicted above its position.</summary>
    public bool Admits(CacheEntry entry) => entry.Tags.Count == 0
        || (entry.Position.Value >= FloorOf(entry.Position.Shard)
            && entry.Tags.All(tag => !_byTag.TryGetValue(tag, out var mark) || entry.Position.Reaches(mark.Value.Position)));

    private long FloorOf(int shard) => _floorByShard.GetValueOrDefault(shard, long.MinValue);

    private static long SizeOf(string tag) => Overhead + (2L * tag.Length);

    private void Remove(LinkedListNode<Mark> mark)
    {
        _oldestFirst.Remove(mark);
        _byTag.Remove(mark.Value.Tag);
        Bytes -= SizeOf(mark.Value.Tag);
    }

    private readonly record struct Mark(string Tag, LogPosition Position, long At);
}
