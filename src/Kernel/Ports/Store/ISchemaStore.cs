namespace Monolith.Kernel.Ports.Store;

/// <summary>A store whose schema is changed by a step of its own, which may be done apart from starting a server.</summary>
public interface ISchemaStore
{
    /// <summary>Brings the schema up to what this program knows. Any number of processes may try at once: one does it.</summary>
    /// <returns>The names of the changes that were made; none when it was up to date.</returns>
    /// <exception cref="StoreUnavailableException">It cannot be reached; nothing is half done.</exception>
    ValueTask<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken);
}
