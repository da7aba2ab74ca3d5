namespace Monolith.Benchmarks.Adapters;

/// <summary>What moved out, against the bare client of each server doing the same by hand.</summary>
internal static class AdapterLines
{
    private static readonly IReadOnlyList<Func<Context, IAsyncEnumerable<Line>>> _all =
        [run => RedisLines.RunAsync(run.Rounds), run => RabbitLines.RunAsync(run.FewRounds)];

    public static async IAsyncEnumerable<Line> RunAsync(Context run)
    {
        foreach (var lines in _all)
        {
            await foreach (var line in lines(run))
            {
                yield return line;
            }
        }
    }
}
