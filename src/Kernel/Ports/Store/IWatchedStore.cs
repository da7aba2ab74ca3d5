namespace Monolith.Kernel.Ports.Store;

/// <summary>A store that other processes write to as well, and that tells when they did. A hint: polling stays the net under it.</summary>
public interface IWatchedStore
{
    /// <summary>
    /// Called with how far the log is, 0 when that is not known; from any thread, so it must be quick and must not throw.
    /// </summary>
    /// <remarks>Set before the store is opened.</remarks>
    Action<long>? Changed { get; set; }
}
