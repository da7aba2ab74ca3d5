using System.Diagnostics.Metrics;
using Monolith.Adapters.Embedded;

namespace Monolith.Adapters.Tests;

/// <summary>Copies of answers over the embedded cache, asked for by more at once than HTTP would let through.</summary>
public sealed class ResponseCacheTests : IDisposable
{
    private static readonly LogPosition _begun = new(0, 5);

    private readonly Meter _meter = new("test");
    private readonly SingleFlight _flights = new();
    private readonly ResponseCache _copies;
    private int _loads;

    public ResponseCacheTests()
    {
        var clock = new FakeClock(); // It stands still: no request waits too long for another.
        _copies = new ResponseCache(new MemoryCache(1 << 20, Eviction.Lru, clock, _meter), _flights, clock);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _meter.Dispose();

    [Fact]
    public async Task Loads_once_what_ten_thousand_miss_at_the_same_time()
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var many = Enumerable.Range(0, 10_000).Select(_ => Task.Run(
            async () =>
            {
                await start.Task;
                return await ReadAsync();
            },
            Cancellation)).ToList();
        start.SetResult();

        Assert.All(await Task.WhenAll(many), answer => Assert.Equal([7], answer));
        Assert.Equal(1, _loads);
    }

    [Fact]
    public async Task Lets_no_request_wait_for_a_copy_that_was_begun_before_a_commit()
    {
        var former = Copy();
        await _copies.FindAsync(former, Cancellation);
        await _flights.EvictAsync("stream", new LogPosition(0, 6), Cancellation);

        var later = Copy();
        await _copies.FindAsync(later, Cancellation);

        Assert.NotNull(later.Leads);
    }

    [Fact]
    public async Task Lets_a_reader_wait_for_a_copy_that_a_commit_elsewhere_leaves_alone()
    {
        var first = Copy();
        await _copies.FindAsync(first, Cancellation);
        await _flights.EvictAsync("another", new LogPosition(0, 6), Cancellation);

        var second = Copy();
        var finding = _copies.FindAsync(second, Cancellation);
        await _copies.KeepAsync(first, [1], Cancellation);
        await finding;

        Assert.Equal([1], second.Found);
    }

    private static CachedResponse Copy() => new("key", "stream", _begun, default);

    private async Task<byte[]> ReadAsync()
    {
        var copy = Copy();
        await _copies.FindAsync(copy, Cancellation);
        if (copy.Found is null)
        {
            Interlocked.Increment(ref _loads);
            await Task.Yield();
            await _copies.KeepAsync(copy, [7], Cancellation);
        }

        return copy.Found ?? [7];
    }
}
