namespace Monolith.Kernel.Ports.Store;

/// <summary>Another process works with this store already, and only one may.</summary>
public sealed class StoreInUseException : Exception
{
    /// <param name="path">Which store, as configured.</param>
    public StoreInUseException(string path)
        : base($"Another process already uses {path}; stop it first, or configure another path.")
    {
    }
}
