namespace Monolith.Kernel.Ports;

/// <summary>Reads the log beside everything else and keeps what reports show. It changes nothing but what it keeps itself.</summary>
/// <remarks>Registered only where the port <c>Reports</c> is filled: nothing needs a report to go on.</remarks>
public interface IReports
{
    /// <summary>Brings the schemas of the reports up to date, each beside a store that is open or not.</summary>
    /// <returns>The changes by the name of the store; none where there was nothing to change.</returns>
    /// <exception cref="Store.StoreUnavailableException">A database cannot be reached; nothing is half done.</exception>
    Task<IReadOnlyList<(string Store, string Change)>> MigrateAsync(CancellationToken cancellationToken);

    /// <summary>Tells how far each projection of a report came in each shard, on whichever node it runs.</summary>
    /// <exception cref="Store.StoreUnavailableException">A database cannot be reached.</exception>
    Task<IReadOnlyList<ReportStanding>> StandingsAsync(CancellationToken cancellationToken);

    /// <summary>Asks for a report to be rebuilt from the first event, in every shard. As durable as any write.</summary>
    /// <param name="report">Its name.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>False when there is no such report.</returns>
    /// <exception cref="Store.StoreUnavailableException">A database cannot be reached.</exception>
    Task<bool> RebuildAsync(string report, CancellationToken cancellationToken);
}

/// <summary>How far a projection of a report came.</summary>
/// <param name="Report">Name of the report.</param>
/// <param name="Projection">Its name within the report.</param>
/// <param name="Shard">Number of the shard.</param>
/// <param name="Position">Everything up to here is in it, as the reports' own product says.</param>
/// <param name="Head">How far the log is, as the store says.</param>
/// <param name="IsRebuilding">Whether it is to be rebuilt, or is being rebuilt: what it shows is incomplete until then.</param>
/// <param name="Fault">Why it stopped, as far as this node knows; null when it did not.</param>
public sealed record ReportStanding(
    string Report, string Projection, int Shard, long Position, long Head, bool IsRebuilding, string? Fault);
