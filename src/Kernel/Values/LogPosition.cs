namespace Monolith.Kernel.Values;

/// <summary>A place in one log. Places in different logs have no order.</summary>
/// <param name="Shard">The number of the log, of which <see cref="LogNumber"/> tells the shard and the term.</param>
/// <param name="Value">From 1, rising; 0 before the first event.</param>
public readonly record struct LogPosition(int Shard, long Value)
{
    /// <summary>Whether what was built here has seen everything up to another place; never so when that lies in another log.</summary>
    public bool Reaches(LogPosition other) => Shard == other.Shard && Value >= other.Value;
}

/// <summary>
/// Numbers the logs of the deployment. A shard begins another log whenever another server takes it over: each of these is a term.
/// </summary>
/// <remarks>So whatever was built from the log of a former term is as outdated as what was built from the log of another shard.</remarks>
public static class LogNumber
{
    /// <summary>How many numbers there are for shards: 0 to 65,535.</summary>
    public const int Shards = 65_536;

    /// <summary>The last term that a log number can hold.</summary>
    public const int LastTerm = 32_768;

    /// <summary>Tells the number of a shard's log.</summary>
    /// <param name="shard">The number of the shard, 0 to 65,535.</param>
    /// <param name="term">1 to 32,768.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is outside of its range.</exception>
    public static int Of(int shard, int term = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, Shards);
        ArgumentOutOfRangeException.ThrowIfLessThan(term, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(term, LastTerm);
        return shard + ((term - 1) * Shards);
    }

    /// <summary>Tells whose log it is: the number of the shard.</summary>
    public static int ShardOf(int log) => log % Shards;

    /// <summary>Tells the term of a log, from 1.</summary>
    public static int TermOf(int log) => (log / Shards) + 1;
}
