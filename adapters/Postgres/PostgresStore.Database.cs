using System.Data.Common;

namespace Monolith.Adapters.Postgres;

/// <summary>What stands beside the store in its database.</summary>
internal sealed partial class PostgresStore
{
    /// <inheritdoc />
    public string DatabaseName => Settings.Name;

    /// <inheritdoc />
    public bool IsMigratedAtStart => Settings.IsMigratedAtStart;

    /// <inheritdoc />
    public DbDataSource OpenPool(int size) => Settings.OpenPool(size);

    /// <inheritdoc />
    public Exception? Explain(Exception exception) => PostgresFailure.ToFault(exception, Settings) as Exception
        ?? (PostgresFailure.IsOutage(exception) ? PostgresFailure.ToUnavailable(exception, Settings) : null);
}
