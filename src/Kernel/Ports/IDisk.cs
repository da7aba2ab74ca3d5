namespace Monolith.Kernel.Ports;

/// <summary>A disk of this machine that an adapter writes to, for the health checks. Registered by the adapter, beside its port.</summary>
public interface IDisk
{
    /// <summary>The file or directory that the adapter keeps there.</summary>
    string Place { get; }

    /// <summary>Looks now. Safe from any thread.</summary>
    DiskState Look();
}

/// <param name="FreeBytes">What this process may still write there.</param>
/// <param name="ReserveBytes">What is kept free: below it the adapter reads only.</param>
/// <param name="IsLow">Whether it reads only at the moment.</param>
public sealed record DiskState(long FreeBytes, long ReserveBytes, bool IsLow);
