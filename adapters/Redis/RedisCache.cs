using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using StackExchange.Redis;

namespace Monolith.Adapters.Redis;

/// <summary>Keeps copies in Redis, for all nodes.</summary>
/// <remarks>
/// Each tag has a stamp, a key of its own: up to where the tag was evicted. An entry counts only while every one of its tags has a stamp
/// that its position reaches. So an eviction is one write, whatever it removes; an entry that arrives late is stored and never seen; and it
/// does not matter what Redis itself drops, when, and in which order, because a stamp that is missing is a miss. A writer that finds a tag
/// without a stamp makes one, unless this process knows of a later eviction. Evictions that could not be told to Redis, or that it may have
/// forgotten, raise a floor in this process: what is below counts for nothing here.
/// </remarks>
internal sealed class RedisCache : ICache
{
    private const int MaxKeyLength = 512;

    // How many keys are remembered with their tags, so that an entry and its stamps are asked for in one trip; about 30 MB.
    private const int MaxKnown = 50_000;

    private const int LatelyBytes = 4 << 20;

    // A stamp lives longer than any entry takes to be made, and than the entries that need it.
    private static readonly TimeSpan _stampLifetime = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan _longest = TimeSpan.FromDays(365);

    private static readonly TimeSpan _beyondEntry = TimeSpan.FromMinutes(1);

    // Positions of one shard only rise; a tag that was evicted in another shard has moved there.
    private const string EvictScript = """
        local shard, position = string.match(redis.call('get', KEYS[1]) or '', '^(-?%d+):(-?%d+)$')
        if shard ~= ARGV[1] or tonumber(position) < tonumber(ARGV[2]) then
          redis.call('set', KEYS[1], ARGV[1] .. ':' .. ARGV[2], 'px', ARGV[3])
        else
          redis.call('pexpire', KEYS[1], ARGV[3])
        end
        return 1
        """;

    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);
    private readonly EvictedTags _lately;
    private readonly Lock _lock = new(); // of _lately
    private readonly ConcurrentDictionary<int, long> _evicted = new();
    private readonly ConcurrentDictionary<int, long> _floor = new();
    private readonly RedisLink _link;
    private readonly string _entries;
    private readonly string _stamps;
    private readonly Counter<long> _hits;
    private readonly Counter<long> _misses;
    private readonly Counter<long> _bypasses;

    /// <param name="link">The way to the servers.</param>
    /// <param name="clock">Tells what was evicted lately.</param>
    /// <param name="meter">Where hits, misses and what went without are counted.</param>
    /// <param name="space">Keeps the keys of several caches apart: a few letters, or empty.</param>
    public RedisCache(RedisLink link, TimeProvider clock, Meter meter, string space = "")
    {
        _link = link;
        _lately = new EvictedTags(LatelyBytes, clock);
        (_entries, _stamps) = ($"{link.Settings.Prefix}:{space}c:", $"{link.Settings.Prefix}:{space}t:");
        link.Returning = _ => { RaiseFloors(); return default; };
        _hits = meter.CreateCounter<long>("monolith.cache.hits", description: "Reads that found an entry");
        _misses = meter.CreateCounter<long>("monolith.cache.misses", description: "Reads that found none, or one that had run out");
        _bypasses = meter.CreateCounter<long>(
            "monolith.cache.bypasses", description: "Reads that went without the cache because it was unavailable");
    }

    /// <inheritdoc />
    public async ValueTask<CacheEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        var known = _known.TryGetValue(key, out var remembered) ? remembered : KnownOf(key, []);
        if (await _link.TryAsync(database => GetAsync(database, known.Keys), cancellationToken) is not (true, { } answers))
        {
            _bypasses.Add(1);
            return null;
        }

        var entry = answers[0].HasValue ? StoredCopy.Read(answers[0]!, known.Tags) : null; // see HasValue
        var stamps = answers.AsMemory(1);
        if (entry is not null && entry.Tags != known.Tags.Tags)
        {
            known = Remember(key, entry.Tags);
            stamps = entry.Tags.Count == 0
                ? default
                : (await _link.TryAsync(database => GetAsync(database, known.Keys[1..]), cancellationToken)).Answer;
        }

        if (entry is null || !IsValid(entry, stamps.Span))
        {
            _misses.Add(1);
            return null;
        }

        _hits.Add(1);
        return entry;
    }

    /// <inheritdoc />
    public async ValueTask SetAsync(string key, CacheEntry entry, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, MaxKeyLength, nameof(key));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);

        lifetime = lifetime < _longest ? lifetime : _longest;
        lock (_lock)
        {
            if (!_lately.Admits(entry))
            {
                return;
            }
        }

        var written = Remember(key, entry.Tags).Tags;
        await _link.TryAsync(SetAsync, cancellationToken);

        // Sent together and in any order: until the last of them is there, it is a miss.
        async Task<bool> SetAsync(IDatabase database)
        {
            var stamp = StoredCopy.WriteStamp(entry.Position);
            var stampLifetime = lifetime + _beyondEntry > _stampLifetime ? lifetime + _beyondEntry : _stampLifetime;
            var sent = new List<Task<bool>>(1 + (2 * entry.Tags.Count));
            foreach (var tag in entry.Tags)
            {
                sent.Add(database.StringSetAsync(_stamps + tag, stamp, stampLifetime, When.NotExists, _link.Flags));
                sent.Add(database.KeyExpireAsync(_stamps + tag, stampLifetime, _link.Flags));
            }

            sent.Add(database.StringSetAsync(_entries + key, StoredCopy.Write(entry, written), lifetime, flags: _link.Flags));
            return (await Task.WhenAll(sent)).Length > 0;
        }
    }

    /// <inheritdoc />
    public async ValueTask RemoveAsync(string key, CancellationToken cancellationToken) =>
        await _link.TryAsync(database => database.KeyDeleteAsync(_entries + key, _link.Flags), cancellationToken);

    /// <inheritdoc />
    public async ValueTask EvictAsync(string tag, LogPosition position, CancellationToken cancellationToken)
    {
        // Before Redis hears of it: no stamp below may be made from now on.
        Raise(_evicted, position);
        lock (_lock)
        {
            _lately.Add(tag, position);
        }

        var (isDone, _) = await _link.TryAsync(
            database => database.ScriptEvaluateAsync(
                EvictScript, [_stamps + tag], [position.Shard, position.Value, (long)_stampLifetime.TotalMilliseconds],
                _link.Flags),
            cancellationToken);
        if (!isDone)
        {
            Raise(_floor, position);
        }
    }

    /// <summary>Takes no entry from below a position any more, in this process.</summary>
    public void Distrust(LogPosition below) => Raise(_floor, below);

    private static void Raise(ConcurrentDictionary<int, long> positions, LogPosition position) =>
        positions.AddOrUpdate(position.Shard, position.Value, (_, former) => Math.Max(former, position.Value));

    // After a loss it is unknown what Redis has kept of what was evicted.
    private void RaiseFloors()
    {
        foreach (var (shard, value) in _evicted)
        {
            Raise(_floor, new LogPosition(shard, value));
        }
    }

    private bool IsValid(CacheEntry entry, ReadOnlySpan<RedisValue> stamps)
    {
        if (entry.Tags.Count == 0)
        {
            return true;
        }

        // None when the servers went away meanwhile.
        if (stamps.Length != entry.Tags.Count || entry.Position.Value < _floor.GetValueOrDefault(entry.Position.Shard, long.MinValue))
        {
            return false;
        }

        foreach (var stamp in stamps)
        {
            if (StoredCopy.ReadStamp((byte[]?)stamp) is not { } evicted || !entry.Position.Reaches(evicted))
            {
                return false;
            }
        }

        return true;
    }

    private Known Remember(string key, IReadOnlyList<string> tags)
    {
        if (_known.Count >= MaxKnown)
        {
            _known.Clear();
        }

        return _known[key] = KnownOf(key, tags);
    }

    private Known KnownOf(string key, IReadOnlyList<string> tags) =>
        new(WrittenTags.Of(tags), [_entries + key, .. tags.Select(tag => (RedisKey)(_stamps + tag))]);

    // Keys of a cluster lie on different servers, and one command may ask only one.
    private Task<RedisValue[]> GetAsync(IDatabase database, RedisKey[] keys) => keys.Length > 1 && !_link.Settings.IsCluster
        ? database.StringGetAsync(keys, _link.Flags)
        : Task.WhenAll(keys.Select(key => database.StringGetAsync(key, _link.Flags)));

    /// <summary>
    /// What a key's entry had for tags when it was seen last, and so what is asked for: the entry and the stamps of these.
    /// </summary>
    private sealed record Known(WrittenTags Tags, RedisKey[] Keys);
}
