namespace Monolith.Benchmarks;

/// <summary>What the groups of one run share.</summary>
internal sealed class Context(int rounds, int seconds) : IAsyncDisposable
{
    private BigStore? _big;

    /// <summary>Measures in turns.</summary>
    public Rounds Rounds { get; } = new(rounds);

    /// <summary>How long each application is measured in a round, where that can be chosen.</summary>
    public int Seconds => seconds;

    /// <summary>For what takes seconds each time.</summary>
    public Rounds FewRounds { get; } = new(Math.Min(rounds, 3));

    /// <summary>For what takes a minute, in a process of its own.</summary>
    public Rounds Once { get; } = new(1, warmsUp: false);

    /// <summary>A store with a million events; made when it is first asked for.</summary>
    public async Task<BigStore> BigStoreAsync() => _big ??= await BigStore.MakeAsync();

    public ValueTask DisposeAsync()
    {
        _big?.Dispose();
        return ValueTask.CompletedTask;
    }
}
