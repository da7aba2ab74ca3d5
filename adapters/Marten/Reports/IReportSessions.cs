using Marten;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>Reads what a report keeps, and the log itself, through Marten: one store for each shard.</summary>
public interface IReportSessions
{
    /// <summary>Asks something of every shard at once.</summary>
    /// <param name="report">Whose documents and whose names of events.</param>
    /// <param name="read">Gets a session that is open for as long as it reads.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The answers, in the order of the shards.</returns>
    /// <exception cref="StoreUnavailableException">A database cannot be reached.</exception>
    Task<IReadOnlyList<T>> ReadAsync<T>(
        IReport report, Func<IQuerySession, CancellationToken, Task<T>> read, CancellationToken cancellationToken);
}
