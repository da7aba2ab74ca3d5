using CsCheck;
using Monolith.Adapters.Tests.Postgres;

namespace Monolith.Adapters.Tests.Properties;

/// <summary>Many callers at once, through the kernel: whatever each was told, the log says so too.</summary>
public abstract class RacingWriters : IAsyncDisposable
{
    private const int Callers = 24;
    private const int CommitsEach = 25;

    private static readonly Bucket _bucket = new(7);
    private static readonly IReadOnlyList<StreamId> _streams = [.. "12345".Select(key => new StreamId(_bucket, "test", $"{key}"))];

    // A caller who did not hear the answer asks again, sometimes while the first is still under way.
    private static readonly Gen<Intent[][]> _races =
        Gen.Select(
            Gen.Shuffle(Enumerable.Range(0, 5).ToArray(), 1, 2), Gen.Int[1, 3].Array[2], Gen.Int[1, 4],
            (streams, events, chance) => new Intent(streams, events, chance == 4 ? 2 : 1))
        .Array[CommitsEach].Array[Callers];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Opens an empty store; several nodes of it where several may have it open.</summary>
    protected abstract ValueTask<IReadOnlyList<IStore>> OpenAsync();

    /// <summary>Put clean-up here.</summary>
    protected abstract ValueTask StopAsync();

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public Task Are_told_what_the_log_says() => Property.HoldsAsync(_races, ContradictionAsync, rounds: 3);

    private async Task<string?> ContradictionAsync(Intent[][] callers)
    {
        var nodes = (await OpenAsync()).Select(store => TestShards.Over(store)).ToList();
        var answers = await Task.WhenAll(callers.Select((intents, caller) => Task.Run(
            () => CallAsync(nodes[caller % nodes.Count].All[0], intents), Cancellation)));
        List<(Commit Commit, CommitOutcome Outcome)> told = [.. answers.SelectMany(a => a)];
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        var log = (await nodes[0].All[0].Store.ReadLogAsync(0, int.MaxValue, null, Cancellation)).Events;
        var haveMet = callers.Length < Callers || told.Exists(t => t.Outcome is Conflict);
        return haveMet ? Contradiction(told, log) : "No caller was in the way of another.";
    }

    private static async Task<List<(Commit Commit, CommitOutcome Outcome)>> CallAsync(Shard shard, IReadOnlyList<Intent> intents)
    {
        var told = new List<(Commit, CommitOutcome)>();
        foreach (var intent in intents)
        {
            var commit = new Commit { Id = NewId(), Bucket = _bucket, Appends = await AppendsAsync(shard.Store, intent) };
            var asks = Enumerable.Range(0, intent.Asks).Select(_ => shard.CommitAsync(commit, Cancellation).AsTask()).ToList();
            told.AddRange((await Task.WhenAll(asks)).Select(outcome => (commit, outcome)));
        }

        return told;
    }

    private static async Task<IReadOnlyList<Append>> AppendsAsync(IStore store, Intent intent)
    {
        var appends = new List<Append>();
        foreach (var (stream, events) in intent.Streams.Zip(intent.Events, (stream, events) => (_streams[stream], events)))
        {
            var version = (await store.ReadStreamAsync(stream, 0, int.MaxValue, Cancellation)).Count;
            appends.Add(new Append(stream, version, [.. Enumerable.Range(0, events).Select(_ => Happened())]));
        }

        return appends;
    }

    private static NewEvent Happened() => new(NewId(), "tests.happened.v1", default, default, default);

    private static Guid NewId() => Id.New(TimeProvider.System, _bucket);

    /// <returns>Null when everything that was told agrees with the log.</returns>
    private static string? Contradiction(IReadOnlyList<(Commit Commit, CommitOutcome Outcome)> told, IReadOnlyList<StoredEvent> log)
    {
        var placeOf = log.ToDictionary(e => e.Id);
        var heads = _streams.ToDictionary(s => s.Name, _ => 0L);
        foreach (var e in log)
        {
            if (e.Version != ++heads[e.Stream.Name])
            {
                return $"{e.Stream} has version {e.Version} where {heads[e.Stream.Name]} belongs.";
            }
        }

        foreach (var (commit, outcome) in told)
        {
            var fault = outcome is Committed committed
                ? Misplaced(commit, committed.Position, placeOf)
                : Unfounded(commit, (Conflict)outcome, placeOf, heads);
            if (fault is not null)
            {
                return $"{commit.Id} was told {outcome}, but {fault}.";
            }
        }

        var stored = told.Where(t => t.Outcome is Committed).DistinctBy(t => t.Commit.Id)
            .Sum(t => t.Commit.Appends.Sum(a => a.Events.Count));
        return stored == log.Count ? null : $"{stored} events were acknowledged and {log.Count} are there.";
    }

    // Its events lie side by side, in order, up to the position that was told, each at exactly the version that its caller meant.
    private static string? Misplaced(Commit commit, long last, Dictionary<Guid, StoredEvent> placeOf)
    {
        var position = last - commit.Appends.Sum(a => a.Events.Count);
        foreach (var append in commit.Appends)
        {
            var version = append.ExpectedVersion;
            foreach (var e in append.Events)
            {
                if (!placeOf.TryGetValue(e.Id, out var stored)
                    || (stored.Stream, stored.Version, stored.Position) != (append.Stream, ++version, ++position))
                {
                    return $"the log has {stored?.ToString() ?? "nothing"} for event {e.Id}";
                }
            }
        }

        return null;
    }

    // Nothing of it is there, and the stream that it names really was somewhere else.
    private static string? Unfounded(
        Commit commit, Conflict conflict, Dictionary<Guid, StoredEvent> placeOf, Dictionary<string, long> heads)
    {
        if (commit.Appends.SelectMany(a => a.Events).Any(e => placeOf.ContainsKey(e.Id)))
        {
            return "its events are there";
        }

        var meant = commit.Appends.Single(a => a.Stream.Name == conflict.What).ExpectedVersion;
        return conflict.Kind == ConflictKind.Stream && conflict.Current > meant && conflict.Current <= heads[conflict.What]
            ? null
            : $"it meant version {meant} and the stream ended at {heads[conflict.What]}";
    }

    /// <param name="Streams">Which to append to, as numbers.</param>
    /// <param name="Events">How many events to each.</param>
    /// <param name="Asks">How often the same is asked for at once.</param>
    private sealed record Intent(IReadOnlyList<int> Streams, IReadOnlyList<int> Events, int Asks);
}

public sealed class SqliteRacingWriters : RacingWriters
{
    private readonly SqliteDirectory _directory = new();

    protected override async ValueTask<IReadOnlyList<IStore>> OpenAsync() => [await _directory.OpenAsync(TimeProvider.System)];

    protected override ValueTask StopAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }
}

public class PostgresRacingWriters : RacingWriters
{
    private PostgresDatabases _databases = new();

    /// <summary>Which kind of store.</summary>
    protected string Scheme
    {
        init => _databases = new PostgresDatabases(value);
    }

    protected override async ValueTask<IReadOnlyList<IStore>> OpenAsync()
    {
        await _databases.DisposeAsync(); // Those of the round before hold their connections.
        var database = await _databases.CreateAsync();
        return [await OpenNodeAsync(database), await OpenNodeAsync(database), await OpenNodeAsync(database)];
    }

    protected override ValueTask StopAsync() => _databases.DisposeAsync();

    private async Task<IStore> OpenNodeAsync(string database) => await _databases.OpenAsync(database, TimeProvider.System);
}
