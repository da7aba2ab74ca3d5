namespace Monolith.Benchmarks.Kernel;

/// <summary>What the kernel makes of the store, against the same done by hand.</summary>
internal static class KernelLines
{
    public static async IAsyncEnumerable<Line> RunAsync(Rounds rounds)
    {
        foreach (var hasDocument in (bool[])[false, true])
        {
            foreach (var clients in (int[])[1, 32, 256])
            {
                yield return await CommitLines.RunAsync(rounds, clients, hasDocument);
            }
        }

        yield return await CommitLines.RunDecisionsAsync(rounds, 32);
        yield return await CommitLines.RunDecisionsAsync(rounds, 256);
        await foreach (var line in ReadLines.RunAsync(rounds))
        {
            yield return line;
        }
    }
}
