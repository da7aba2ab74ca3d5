namespace Monolith.Operations.Deployments;

/// <summary>How a verb was called.</summary>
/// <param name="Operands">As many as the verb asks for, without those that were left out.</param>
/// <param name="Option">Value of its option; null when it was not given.</param>
/// <param name="Settings">Arguments that override the configuration, as the server takes them.</param>
/// <param name="Host">Builds the configured deployment.</param>
internal sealed record Invocation(IReadOnlyList<string> Operands, string? Option, IReadOnlyList<string> Settings, IDeploymentFactory Host);

/// <summary>The command line is wrong.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>A verb cannot do what it was asked, for a reason that its message tells in one readable line.</summary>
internal sealed class VerbFailedException(string message) : Exception(message);
