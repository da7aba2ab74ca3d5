namespace Monolith.Kernel.Ports.Store;

/// <summary>Names where reading a log begins: native events have positions from 1, imported ones positions below zero.</summary>
/// <remarks>Each event is native in exactly one log, the one it was first stored in; elsewhere it is imported.</remarks>
public static class LogStart
{
    /// <summary>Lies before every event, the imported ones included: for rebuilding, checking and searching all that a log holds.</summary>
    public const long All = long.MinValue;

    /// <summary>Lies before every imported event: the n-th that was imported from another log has the position that is n above.</summary>
    public const long Imported = -(1L << 62);

    /// <summary>Lies before every native event: for whatever follows the log, so that no event of the deployment is seen twice.</summary>
    public const long Native = 0;
}
