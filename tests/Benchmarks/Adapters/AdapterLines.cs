namespace Monolith.Benchmarks.Adapters;

/// <summary>What moved out, against the bare client of each server doing the same by hand.</summary>
internal static class AdapterLines
{
    public static async IAsyncEnumerable<Line> RunAsync(Context run)
    {
        await foreach (var line in RabbitLines.RunAsync(run.FewRounds))
        {
            yield return line;
        }
    }
}
