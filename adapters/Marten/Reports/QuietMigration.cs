using System.Data.Common;
using System.Runtime.ExceptionServices;
using Weasel.Core.Migrations;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>Prints no statement, which Marten's own does; what fails ends the migration.</summary>
internal sealed class QuietMigration : IMigrationLogger
{
    /// <inheritdoc />
    public void SchemaChange(string sql)
    {
    }

    /// <inheritdoc />
    public void OnFailure(DbCommand command, Exception ex) => ExceptionDispatchInfo.Throw(ex);
}
