namespace Monolith.Adapters.Edge;

/// <summary>The way by which one kind of edge is told to forget.</summary>
internal interface IPurge
{
    /// <summary>How many keys go into one request.</summary>
    int Batch { get; }

    /// <summary>Sends one request to every part of the edge.</summary>
    /// <param name="keys">One to <see cref="Batch"/>, each once.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What it answered, in one line.</returns>
    /// <exception cref="EdgeFaultException">It did not, or not everywhere.</exception>
    Task<string> SendAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);

    /// <summary>Finds out whether it would take a purge now, without any effect.</summary>
    /// <returns>True when it would; false when that cannot be asked.</returns>
    /// <exception cref="EdgeFaultException">It would not.</exception>
    Task<bool> CheckAsync(CancellationToken cancellationToken);
}

/// <summary>The edge did not do what it was asked, or not everywhere.</summary>
/// <param name="reason">One line without secrets and without a full stop.</param>
/// <param name="wait">For how long it wants to be left alone; null when it does not say.</param>
/// <param name="cause">What was thrown; null when there was an answer.</param>
internal sealed class EdgeFaultException(string reason, TimeSpan? wait, Exception? cause) : Exception(reason, cause)
{
    /// <summary>For how long it wants to be left alone; null when it does not say.</summary>
    public TimeSpan? Wait => wait;
}
