using Microsoft.AspNetCore.Http;

namespace Monolith.Kernel.Tests.Caching;

/// <summary>The copies of answers over a cache that keeps what it is given, or fails.</summary>
public sealed class ResponseCacheTests
{
    private readonly FakeClock _clock = new();
    private readonly SingleFlight _flights = new();
    private readonly KeepingCache _cache = new();
    private readonly ResponseCache _copies;

    public ResponseCacheTests() => _copies = new ResponseCache(_cache, _flights, _clock);

    [Fact]
    public async Task Finds_what_was_kept_while_it_is_fresh()
    {
        await KeepAsync(Copy(), [1, 2]);
        var reader = Copy();

        await _copies.FindAsync(reader, default);

        Assert.Equal([1, 2], reader.Found);
        Assert.Null(reader.Stale);
        Assert.Null(reader.Leads); // It has landed.
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(6, false)]
    public async Task Knows_for_minutes_what_an_answer_said(int minutes, bool isFresh)
    {
        await KeepAsync(Copy(), [1]);
        _clock.Advance(TimeSpan.FromMinutes(minutes));
        var reader = Copy();

        await _copies.FindAsync(reader, default);

        Assert.Equal((isFresh, !isFresh), (reader.Found is not null, reader.Stale is not null));
    }

    [Fact]
    public async Task Knows_for_half_a_minute_that_there_is_nothing()
    {
        await KeepAsync(Copy(), []);
        var soon = Copy();
        await _copies.FindAsync(soon, default);
        _clock.Advance(TimeSpan.FromSeconds(34));
        var later = Copy();
        await _copies.FindAsync(later, default);

        Assert.Empty(soon.Found!); // Null would fail as well.
        Assert.Null(later.Found);
        Assert.InRange(_cache.Lifetime, TimeSpan.FromSeconds(27), TimeSpan.FromSeconds(33));
    }

    [Fact]
    public async Task Takes_a_copy_that_is_older_than_the_token_for_none()
    {
        await KeepAsync(Copy(begun: 5), [1]);
        var reader = Copy(demanded: 6);

        await _copies.FindAsync(reader, default);

        Assert.Null(reader.Found);
        Assert.NotNull(reader.Leads);
    }

    [Fact]
    public async Task Gives_those_who_wait_what_the_leader_makes_though_the_cache_fails()
    {
        var leader = Copy();
        await _copies.FindAsync(leader, default);
        var waiting = Copy();
        var find = _copies.FindAsync(waiting, default).AsTask();
        _cache.Fails = true;

        await Assert.ThrowsAsync<IOException>(() => _copies.KeepAsync(leader, [7], default).AsTask());

        await find;
        Assert.Equal([7], waiting.Found);
    }

    [Fact]
    public async Task Stops_waiting_after_two_seconds_for_a_leader_that_hangs()
    {
        await _copies.FindAsync(Copy(), default);
        var waiting = Copy();
        var find = _copies.FindAsync(waiting, default).AsTask();

        _clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(find.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.1));

        await find;
        Assert.Null(waiting.Found);
        Assert.Null(waiting.Leads);
    }

    [Fact]
    public async Task Stops_waiting_with_the_client()
    {
        await _copies.FindAsync(Copy(), default);
        using var aborted = new CancellationTokenSource();
        var find = _copies.FindAsync(Copy(), aborted.Token).AsTask();

        await aborted.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => find);
    }

    [Fact]
    public async Task Leads_itself_after_a_leader_that_brought_nothing()
    {
        var leader = Copy();
        await _copies.FindAsync(leader, default);
        var waiting = Copy();
        var find = _copies.FindAsync(waiting, default).AsTask();

        _copies.Land(leader, null);

        await find;
        Assert.NotNull(waiting.Leads);
        Assert.Null(leader.Leads);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(7L)]
    public async Task Goes_on_its_own_after_flights_that_brought_nothing_or_nothing_new_enough(long? landed)
    {
        // It landed and is still listed: a reader that joins it gets its answer at once, and joins again.
        _flights.Join(Copy(begun: 9), out _).Land(landed is { } position ? new Kept([1], new LogPosition(0, position), default) : null);
        var reader = Copy(demanded: 8);

        await _copies.FindAsync(reader, default);

        Assert.Null(reader.Found);
        Assert.Null(reader.Leads);
    }

    [Fact]
    public async Task Falls_back_on_what_is_past_its_time_and_says_how_far()
    {
        await KeepAsync(Copy(), [3]);
        _clock.Advance(TimeSpan.FromMinutes(7));
        var reader = Copy();
        await _copies.FindAsync(reader, default);
        var waiting = Copy();
        var find = _copies.FindAsync(waiting, default).AsTask();
        var response = new DefaultHttpContext().Response;

        Assert.True(_copies.FallBack(reader, response));

        Assert.Equal([3], reader.Found);
        Assert.Matches("^monolith; hit; ttl=-[0-9]+; detail=source-away$", response.Headers["Cache-Status"].ToString());
        await find;
        Assert.Equal([3], waiting.Found);
    }

    [Fact]
    public void Has_nothing_to_fall_back_on_without_a_former_answer()
    {
        var response = new DefaultHttpContext().Response;

        Assert.False(_copies.FallBack(Copy(), response));

        Assert.Empty(response.Headers);
    }

    private async Task KeepAsync(CachedResponse copy, byte[] answer)
    {
        await _copies.FindAsync(copy, default);
        await _copies.KeepAsync(copy, answer, default);
    }

    private static CachedResponse Copy(long begun = 5, long demanded = 0) =>
        new("key", "thing-a", new LogPosition(0, begun), new LogPosition(0, demanded));

    private sealed class KeepingCache : ICache
    {
        private readonly Dictionary<string, CacheEntry> _entries = [];

        public bool Fails { get; set; }

        public TimeSpan Lifetime { get; private set; }

        public ValueTask<CacheEntry?> GetAsync(string key, CancellationToken cancellationToken) => new(_entries.GetValueOrDefault(key));

        public ValueTask SetAsync(string key, CacheEntry entry, TimeSpan lifetime, CancellationToken cancellationToken)
        {
            (_entries[key], Lifetime) = (entry, lifetime);
            return Fails ? throw new IOException("The cache cannot be reached.") : default;
        }

        public ValueTask RemoveAsync(string key, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask EvictAsync(string tag, LogPosition position, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
