namespace Monolith.Benchmarks.Adapters;

/// <summary>What ports cost over the bare clients of the servers that play them.</summary>
internal static class AdapterLines
{
    private static readonly IReadOnlyList<Func<Context, IAsyncEnumerable<Line>>> _all = [run => RedisLines.RunAsync(run.Rounds)];

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
