using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Monolith.Adapters.Embedded;

/// <summary>Which entry goes when room is needed; one that ran out always goes first.</summary>
internal enum Eviction
{
    /// <summary>The least recently used.</summary>
    Lru,

    /// <summary>The least frequently used, counted over its whole life.</summary>
    Lfu,

    /// <summary>The one that was set first.</summary>
    Fifo,
}

/// <summary>Keeps copies in the memory of this process, within a bound in bytes.</summary>
/// <remarks>
/// Reading takes no lock and moves nothing: an entry notes its own use, and an eviction looks at a few entries chosen by chance
/// and drops the worst of them, as Redis does. Up to <see cref="Sample"/> entries the choice is exact.
/// </remarks>
internal sealed class MemoryCache : ICache
{
    /// <summary>
    /// How many entries compete for the exit. Redis calls 10 "very close" to the exact order; more cost cache misses at each set.
    /// </summary>
    internal const int Sample = 16;

    // Measured on 64 bits as growth of the heap, rounded up: what is taken beside characters and bytes by an entry, by its place under a
    // tag, and by a tag that is not in use yet.
    private const int EntryOverhead = 256;
    private const int PlaceOverhead = 64;
    private const int TagOverhead = 224;

    private const int MaxKeyLength = 512;

    private readonly ConcurrentDictionary<string, Slot> _slots = new(concurrencyLevel: 1, capacity: 31, StringComparer.Ordinal);
    private readonly List<Slot> _dense = [];
    private readonly Dictionary<string, HashSet<Slot>> _byTag = new(StringComparer.Ordinal);
    private readonly EvictedTags _evicted;

    // Guards everything but reads of _slots.
    private readonly Lock _lock = new();
    private readonly long _limit;
    private readonly Eviction _eviction;
    private readonly TimeProvider _clock;
    private readonly Counter<long> _hits;
    private readonly Counter<long> _misses;
    private readonly Counter<long> _evictions;
    private long _bytes;

    /// <param name="size">Bound in bytes for entries and what is remembered about evicted tags.</param>
    /// <param name="eviction">Which entry goes when room is needed.</param>
    /// <param name="clock">Tells when entries run out.</param>
    /// <param name="meter">Where hits, misses, evictions and the size are counted.</param>
    public MemoryCache(long size, Eviction eviction, TimeProvider clock, Meter meter)
    {
        (_eviction, _clock) = (eviction, clock);
        _evicted = new EvictedTags(size / 16, clock);
        _limit = size - (size / 16);
        _hits = meter.CreateCounter<long>("monolith.cache.hits", description: "Reads that found an entry");
        _misses = meter.CreateCounter<long>("monolith.cache.misses", description: "Reads that found none, or one that had run out");
        _evictions = meter.CreateCounter<long>("monolith.cache.evictions", description: "Entries dropped to make room");
        meter.CreateObservableUpDownCounter("monolith.cache.size", () => Bytes, "By", "Bytes held, overhead included");
    }

    /// <summary>Counts the bytes held now, overhead included; never above the bound.</summary>
    internal long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes + _evicted.Bytes;
            }
        }
    }

    /// <inheritdoc />
    public ValueTask<CacheEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        var now = _clock.GetTimestamp();
        if (_slots.TryGetValue(key, out var slot) && now < slot.ExpiresAt)
        {
            // Racing readers may lose a count; which entry goes first is a guess anyway.
            slot.UsedAt = now;
            slot.Uses++;
            _hits.Add(1);
            return ValueTask.FromResult<CacheEntry?>(slot.Entry);
        }

        if (slot is not null)
        {
            lock (_lock)
            {
                Drop(slot);
            }
        }

        _misses.Add(1);
        return ValueTask.FromResult<CacheEntry?>(null);
    }

    /// <inheritdoc />
    public ValueTask SetAsync(string key, CacheEntry entry, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, MaxKeyLength, nameof(key));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);

        var now = _clock.GetTimestamp();
        var ticks = Math.Min(lifetime.TotalSeconds * _clock.TimestampFrequency, long.MaxValue / 2);
        var slot = new Slot(key, entry, now, now + (long)ticks, SizeOf(key, entry));
        lock (_lock)
        {
            if (_evicted.Admits(entry))
            {
                Keep(slot);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask RemoveAsync(string key, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_slots.TryGetValue(key, out var slot))
            {
                Drop(slot);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask EvictAsync(string tag, LogPosition position, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _evicted.Add(tag, position);
            foreach (var slot in _byTag.GetValueOrDefault(tag)?.Where(s => !s.Entry.Position.Reaches(position)).ToList() ?? [])
            {
                Drop(slot);
            }
        }

        return ValueTask.CompletedTask;
    }

    // Strings count two bytes for each character, wherever else they may be held too: the bound holds in the worst case.
    private static long SizeOf(string key, CacheEntry entry) =>
        EntryOverhead + (2L * key.Length) + entry.Value.Length + ((long)PlaceOverhead * entry.Tags.Count);

    private static long SizeOf(string tag) => TagOverhead + (2L * tag.Length);

    private void Keep(Slot slot)
    {
        if (_slots.TryGetValue(slot.Key, out var former))
        {
            Drop(former);
        }

        // One huge entry must not push out everything else.
        if (SizeOnceKept(slot) > _limit / 8)
        {
            return;
        }

        while (_bytes + SizeOnceKept(slot) > _limit)
        {
            Drop(Worst(slot.SetAt));
            _evictions.Add(1);
        }

        slot.Index = _dense.Count;
        _dense.Add(slot);
        _slots[slot.Key] = slot;
        _bytes += slot.Size;
        foreach (var tag in slot.Entry.Tags)
        {
            if (!_byTag.TryGetValue(tag, out var tagged))
            {
                _byTag[tag] = tagged = [];
                _bytes += SizeOf(tag);
            }

            tagged.Add(slot);
        }
    }

    // Asked again after each eviction, which may have taken a tag with it.
    private long SizeOnceKept(Slot slot)
    {
        var size = slot.Size;
        foreach (var tag in slot.Entry.Tags)
        {
            size += _byTag.ContainsKey(tag) ? 0 : SizeOf(tag);
        }

        return size;
    }

    private void Drop(Slot slot)
    {
        // Another thread may have dropped it, or put another in its place, since it was found.
        if (!_slots.TryRemove(KeyValuePair.Create(slot.Key, slot)))
        {
            return;
        }

        var last = _dense[^1];
        (_dense[slot.Index], last.Index) = (last, slot.Index);
        _dense.RemoveAt(_dense.Count - 1);
        _bytes -= slot.Size;
        foreach (var tag in slot.Entry.Tags)
        {
            if (_byTag.TryGetValue(tag, out var tagged) && tagged.Remove(slot) && tagged.Count == 0)
            {
                _byTag.Remove(tag);
                _bytes -= SizeOf(tag);
            }
        }
    }

    private Slot Worst(long now)
    {
        var isExact = _dense.Count <= Sample;
        var worst = _dense[0];
        var least = double.PositiveInfinity;
        for (var i = 0; i < Math.Min(Sample, _dense.Count); i++)
        {
            var slot = _dense[isExact ? i : Random.Shared.Next(_dense.Count)];
            var worth = Worth(slot, now);
            (worst, least) = worth < least ? (slot, worth) : (worst, least);
        }

        return worst;
    }

    private double Worth(Slot slot, long now) => now >= slot.ExpiresAt ? double.NegativeInfinity : _eviction switch
    {
        Eviction.Fifo => slot.SetAt,
        Eviction.Lru => slot.UsedAt,

        // Uses per time, so that what was popular once goes in the end; the minute keeps a new entry from being judged by its first
        // moments.
        _ => (slot.Uses + 1) / (_clock.GetElapsedTime(slot.SetAt, now) + TimeSpan.FromMinutes(1)).TotalMinutes,
    };

    private sealed class Slot(string key, CacheEntry entry, long setAt, long expiresAt, long size)
    {
        public readonly string Key = key;
        public readonly CacheEntry Entry = entry;
        public readonly long SetAt = setAt;
        public readonly long ExpiresAt = expiresAt;
        public readonly long Size = size;
        public long UsedAt = setAt;
        public long Uses;
        public int Index;
    }
}
