using CsCheck;
using Monolith.Adapters.Tests.Postgres;

namespace Monolith.Adapters.Tests.Properties;

/// <summary>Whatever is done, a real store answers as the model does, and ends as it does.</summary>
public abstract class StoreProperties : IAsyncDisposable
{
    // Each step is a number from which it follows what is done, by what the model tells then.
    private static readonly Gen<int[]> _walks = Gen.Int[0, int.MaxValue - 1].Array[1, 90];

    /// <summary>Makes room for an empty store, and names it.</summary>
    protected abstract ValueTask<string> NewPlaceAsync();

    /// <summary>Opens the store of a place, which may have been open before.</summary>
    protected abstract ValueTask<IStore> OpenAsync(string place, TimeProvider clock);

    /// <summary>Put clean-up here.</summary>
    protected abstract ValueTask StopAsync();

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public Task Answers_and_ends_as_the_model_whatever_is_done() => Property.HoldsAsync(_walks, DifferenceAsync, rounds: 40);

    /// <returns>Null when there is none.</returns>
    private async Task<string?> DifferenceAsync(int[] steps)
    {
        var place = await NewPlaceAsync();
        var clock = new FakeClock();
        var model = new MemoryStore(clock);
        var walk = new StoreWalk(model, clock);
        var real = await OpenAsync(place, clock);
        try
        {
            var trace = "";
            foreach (var seed in steps)
            {
                if (seed % 20 == 0)
                {
                    await CloseAsync(real);
                    real = await OpenAsync(place, clock);
                }

                var (what, act) = await walk.NextAsync(new Random(seed));
                var (expected, actual) = (await act(model), await AnswerAsync(act(real)));
                trace += $"  {what}\n    → {expected}\n";
                if (expected != actual)
                {
                    return $"{trace}    but was {actual}";
                }
            }

            var end = clock.GetUtcNow();
            var (modelEnd, realEnd) = (await StoreText.OfAllAsync(model, At(end)), await StoreText.OfAllAsync(real, At(end)));
            return modelEnd == realEnd ? await ChainsAsync() : $"{trace}The model ended as\n{modelEnd}but it was\n{realEnd}";
        }
        finally
        {
            await CloseAsync(real);
        }

        async Task<string?> ChainsAsync() =>
            string.Join('\n', await HashChains.BrokenAsync(real, TestContext.Current.CancellationToken)) is { Length: > 0 } broken
                ? broken
                : null;

        // The stores keep looking at the clock they were given; both must find it at the same place.
        FakeClock At(DateTimeOffset time)
        {
            clock.Advance(time - clock.GetUtcNow());
            return clock;
        }
    }

    private static async Task<string> AnswerAsync(Task<string> asked)
    {
        try
        {
            return await asked;
        }
#pragma warning disable CA1031 // Whatever a store throws where the model answers is the difference that is looked for.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    private static ValueTask CloseAsync(IStore store) => ((IAsyncDisposable)store).DisposeAsync();
}

public sealed class SqliteProperties : StoreProperties
{
    private readonly SqliteDirectory _directory = new();
    private int _files;

    protected override ValueTask<string> NewPlaceAsync() => ValueTask.FromResult($"{_files++}.db");

    protected override async ValueTask<IStore> OpenAsync(string place, TimeProvider clock) => await _directory.OpenAsync(place, clock);

    protected override ValueTask StopAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }
}

public class PostgresProperties : StoreProperties
{
    private PostgresDatabases _databases = new();
    private string? _database;

    /// <summary>Which kind of store.</summary>
    protected string Scheme
    {
        init => _databases = new PostgresDatabases(value);
    }

    /// <summary>What is emptied for the next round.</summary>
    protected string Tables { get; init; } =
        "monolith.types, monolith.streams, monolith.events, monolith.documents, monolith.entries, monolith.messages";

    protected override async ValueTask<string> NewPlaceAsync()
    {
        var isUsed = _database is not null;
        _database ??= await _databases.CreateAsync();
        if (isUsed)
        {
            await (await PostgresFixture.ServerAsync()).ExecuteAsync(
                _database, $"truncate {Tables}");
        }

        return _database;
    }

    protected override async ValueTask<IStore> OpenAsync(string place, TimeProvider clock) => await _databases.OpenAsync(place, clock);

    protected override ValueTask StopAsync() => _databases.DisposeAsync();
}
