using System.Data.Common;

namespace Monolith.Kernel.Ports.Store;

/// <summary>A store in a PostgreSQL database that can be read beside it, by what has connections and a schema of its own there.</summary>
public interface IDatabaseStore
{
    /// <summary>Which database it is, without secrets: <c>db1:5432/monolith</c>.</summary>
    string DatabaseName { get; }

    /// <summary>Whether a start brings schemas up to date; otherwise it only looks.</summary>
    bool IsMigratedAtStart { get; }

    /// <summary>Makes connections beside those of the store, with its user, password and time limits. The caller disposes them.</summary>
    /// <param name="size">How many at most.</param>
    DbDataSource OpenPool(int size);

    /// <summary>
    /// Makes of what the driver threw what callers know: <see cref="StoreUnavailableException"/> where waiting helps, a fault of the
    /// configuration where it does not. Null for everything else.
    /// </summary>
    Exception? Explain(Exception exception);
}
