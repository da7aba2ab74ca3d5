using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests;

public sealed class SqliteTransferTests : TransferStoreContract
{
    private readonly SqliteDirectory _directory = new();

    internal override async ValueTask<ITransferStore> StartAsync(TimeProvider clock) => (ITransferStore)await _directory.OpenAsync(clock);

    [Fact]
    public async Task Is_put_back_to_a_time_by_its_native_events_alone_and_keeps_what_was_imported()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var store = await _directory.OpenAsync("rewound.db", TimeProvider.System);
        var (file, stream) = ((IFileStore)store, new StreamId(new Bucket(1), "test", "1"));
        await ((ITransferStore)store).ImportAsync([At(1, LogStart.Imported + 1, 50), At(2, LogStart.Imported + 2, 90)], cancellation);
        var (empty, emptyCopy) = (await file.PositionAtAsync(Time(10), cancellation), await CopyAsync());
        await ((ITransferStore)store).ImportAsync([At(3, 4, 20), At(4, 7, 40), At(5, 8, 60)], cancellation);

        Assert.Equal(
            (0, 3, 6, 7, 8), (empty, await PositionAsync(10), await PositionAsync(30), await PositionAsync(50), await PositionAsync(95)));
        Assert.Equal(((0, 2), (8, 5)), (emptyCopy, await CopyAsync()));
        await file.RewindAsync(await PositionAsync(50), cancellation);
        Assert.Equal(
            [LogStart.Imported + 1, LogStart.Imported + 2, 4, 7],
            (await store.ReadLogAsync(LogStart.All, 10, null, cancellation)).Events.Select(e => e.Position));
        await file.RewindAsync(0, cancellation);
        Assert.Equal(2, Assert.Single(await store.ReadStreamHeadsAsync("", 10, cancellation)).Version);
        Assert.Empty(await HashChains.BrokenAsync(store, cancellation));

        static DateTimeOffset Time(int seconds) => DateTimeOffset.UnixEpoch.AddSeconds(seconds);

        StoredEvent At(long version, long position, int seconds) =>
            new(
                Id.New(TimeProvider.System, new Bucket(1)), stream, version, position, "tests.happened.v1", "{}"u8.ToArray(), Time(seconds),
                default);

        async Task<long> PositionAsync(int seconds) => await file.PositionAtAsync(Time(seconds), cancellation);

        async Task<(long Head, long Events)> CopyAsync()
        {
            var counts = await file.CopyToAsync(_directory.PathOf($"{Id.New(TimeProvider.System, new Bucket(1))}.db"), cancellation);
            return (counts.Head, counts.Events);
        }
    }

    protected override ValueTask StopAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }
}
