namespace Monolith.Kernel.Ports;

/// <summary>A service outside this process that provides a port, and may be unavailable while the process goes on without it.</summary>
/// <remarks>
/// Registered beside the port's interface; <c>/health/ready</c> is then degraded under the port's name for as long as there is a fault.
/// </remarks>
public interface IExternalDependency
{
    /// <summary>Name of the port that it provides: <c>Cache</c>.</summary>
    string Port { get; }

    /// <summary>What is wrong now, in one line without secrets; null when nothing is.</summary>
    string? Fault { get; }

    /// <summary>
    /// Looks at it once, before anything starts. What no waiting will mend ends the start here; what may come later than this process does
    /// not.
    /// </summary>
    Task LookAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
