namespace Monolith.Operations.Deployments;

/// <summary>What the process ends with; <c>./run --help</c> and docs/operations.md explain them.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    public const int Failed = 1;

    public const int Findings = 2;

    /// <summary>EX_USAGE of sysexits.h.</summary>
    public const int Usage = 64;

    public const int Configuration = ConfigurationException.ExitCode;

    /// <summary>128 + SIGINT, as shells have it.</summary>
    public const int Cancelled = 130;
}
