using System.Globalization;
using Monolith.Adapters.Embedded;

namespace Monolith.Adapters.Tests.Properties;

/// <summary>Whatever is done, a real store answers as the model does, and ends as it does.</summary>
/// <remarks><c>MONOLITH_PROPERTY_ROUNDS</c> says how many walks (30), <c>MONOLITH_PROPERTY_SEED</c> with which one to begin.</remarks>
public sealed class StoreProperties : IDisposable
{
    private const int Steps = 60;

    private readonly string _directory = Directory.CreateTempSubdirectory("monolith-").FullName;
    private int _files;

    public static int Rounds(int usual) => Setting("MONOLITH_PROPERTY_ROUNDS") ?? usual;

    public static int FirstSeed => Setting("MONOLITH_PROPERTY_SEED") ?? Random.Shared.Next(1_000_000_000);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Sqlite_answers_and_ends_as_the_model_whatever_is_done()
    {
        var (first, rounds) = (FirstSeed, Rounds(30));
        for (var seed = first; seed < first + rounds; seed++)
        {
            var steps = StepsOf(seed);
            if (await DifferenceAsync(steps) is not null)
            {
                var few = await ShrinkAsync(steps);
                Assert.Fail($"MONOLITH_PROPERTY_SEED={seed}; {few.Count} of {Steps} steps make the difference:\n{await DifferenceAsync(few)}");
            }
        }
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static List<int> StepsOf(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Steps).Select(_ => random.Next())];
    }

    /// <summary>Leaves out, from the end, every step without which there is a difference still.</summary>
    private async Task<List<int>> ShrinkAsync(List<int> steps)
    {
        for (var i = steps.Count - 1; i >= 0; i--)
        {
            List<int> fewer = [.. steps[..i], .. steps[(i + 1)..]];
            steps = await DifferenceAsync(fewer) is null ? steps : fewer;
        }

        return steps;
    }

    /// <returns>Null when there is none.</returns>
    private async Task<string?> DifferenceAsync(List<int> steps)
    {
        var path = Path.Combine(_directory, $"{_files++}.db");
        var clock = new FakeClock();
        var model = new MemoryStore(clock);
        var walk = new StoreWalk(model, clock);
        var real = await OpenAsync(path, clock);
        try
        {
            var trace = "";
            foreach (var seed in steps)
            {
                if (seed % 20 == 0)
                {
                    real.Dispose();
                    real = await OpenAsync(path, clock);
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
            return modelEnd == realEnd ? Chains() : $"{trace}The model ended as\n{modelEnd}but it was\n{realEnd}";
        }
        finally
        {
            real.Dispose();
            File.Delete(path);
        }

        string? Chains()
        {
            real.Dispose();
            return string.Join('\n', HashChains.Broken(path)) is { Length: > 0 } broken ? broken : null;
        }

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
        catch (SqliteException e)
        {
            return e.Message;
        }
    }

    private static async Task<SqliteStore> OpenAsync(string path, FakeClock clock)
    {
        var store = new SqliteStore(path, clock);
        await store.OpenAsync(TestContext.Current.CancellationToken);
        return store;
    }
}
