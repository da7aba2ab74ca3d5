using System.Data.Common;

namespace Monolith.Adapters.Postgres;

/// <summary>What stands beside the store in its database.</summary>
internal sealed partial class PostgresStore
{
    /// <inheritdoc />
    public string DatabaseName => _settings.Name;

    /// <inheritdoc />
    public bool IsMigratedAtStart => _settings.IsMigratedAtStart;

    /// <inheritdoc />
    public DbDataSource OpenPool(int size) => _settings.OpenPool(size);

    /// <inheritdoc />
    public Exception? Explain(Exception exception) => PostgresFailure.ToFault(exception, _settings) as Exception
        ?? (PostgresFailure.IsOutage(exception) ? PostgresFailure.ToUnavailable(exception, _settings) : null);
}
