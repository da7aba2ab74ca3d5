namespace Monolith.Adapters.Marten.Reports;

/// <summary>Opens the reports before anything starts, and tells afterwards which projections stopped.</summary>
internal sealed class ReportHealth(ReportStores stores, ReportFaults faults) : IExternalDependency
{
    /// <inheritdoc />
    public string Port => Kernel.Adapters.Port.Reports.Name;

    /// <inheritdoc />
    public string? Fault => stores.Resting is { } resting ? $"store {resting} is being moved; its reports rest" : faults.Line;

    /// <inheritdoc />
    /// <exception cref="ConfigurationException">The schema is not what this program ships, or belongs to something else.</exception>
    /// <exception cref="StoreUnavailableException">A database cannot be reached.</exception>
    public Task LookAsync(CancellationToken cancellationToken) => stores.OpenAsync(cancellationToken);
}
