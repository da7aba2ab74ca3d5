using Marten;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>
/// What a report asks of Marten: the events that it reads by their stored names, its documents and its projections. Found by itself in the
/// assembly of an <see cref="IReport"/>, and made only where the reports are Marten's.
/// </summary>
public interface IMartenReport
{
    /// <summary>
    /// Adds to the options of each shard's store. Projections are <c>Async</c> or <c>Live</c>: nothing is ever written through Marten, so
    /// there is no commit that an inline one could be part of.
    /// </summary>
    void Configure(StoreOptions options);
}
