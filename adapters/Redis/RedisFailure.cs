using System.Net.Sockets;
using StackExchange.Redis;

namespace Monolith.Adapters.Redis;

/// <summary>Says in one line what is wrong with the servers, or with the way there.</summary>
internal static class RedisFailure
{
    /// <summary>Whether only the server or the way to it is to blame. A command that is wrong in itself is not among these.</summary>
    public static bool IsOutage(Exception e) => e switch
    {
        RedisCommandException => false, // Refused by the library before it was sent.
        RedisException or RedisUnusableException or SocketException or IOException or TimeoutException or ObjectDisposedException => true,
        _ => false,
    };

    /// <summary>What was said.</summary>
    public static string ReasonOf(Exception e, RedisSettings settings) => ReasonOf(e.Message, settings) ?? e switch
    {
        TimeoutException => "it does not answer in time",
        ObjectDisposedException => "the connection was closed",
        RedisConnectionException { FailureType: var type } => ReasonOf(type, settings),
        _ => OneLine(e.Message),
    };

    /// <summary>Why a connection was lost.</summary>
    public static string ReasonOf(ConnectionFailedEventArgs lost, RedisSettings settings) =>
        (lost.Exception is { } e ? ReasonOf(e.Message, settings) : null) ?? ReasonOf(lost.FailureType, settings);

    /// <exception cref="RedisUnusableException">The servers are not of the kind that the URL says, or have not what it names.</exception>
    public static void RefuseWrongKind(ConnectionMultiplexer connection, RedisSettings settings)
    {
        var servers = connection.GetEndPoints().Select(address => connection.GetServer(address)).Where(server => server.IsConnected)
            .ToList();
        var isCluster = servers.Exists(server => server.ServerType == ServerType.Cluster);
        if (isCluster != settings.IsCluster)
        {
            throw new RedisUnusableException(
                isCluster ? "it is a cluster; add \"cluster=true\"" : "it is no cluster; leave out \"cluster=true\"");
        }

        if (!isCluster && servers.TrueForAll(server => server.IsReplica))
        {
            throw new RedisUnusableException("it is a replica, which takes no writes");
        }
    }

    // The library puts what the server said somewhere into a long text about itself, and does not tell a wrong password from none.
    private static string? ReasonOf(string text, RedisSettings settings) =>
        settings.IsDistrusted ? "its certificate is not trusted"
        : text.Contains("WRONGPASS", StringComparison.Ordinal) || text.Contains("NOAUTH", StringComparison.Ordinal)
            ? settings.HasPassword ? "it refuses the password" : "it wants a password; give it as \"password-file\" or \"password-env\""
        : text.Contains("NOPERM", StringComparison.Ordinal) ? "it allows this user too little"
        : text.Contains("DB index is out of range", StringComparison.Ordinal) ? "it has no such database"
        : text.Contains("LOADING", StringComparison.Ordinal) ? "it is loading its data"
        : text.Contains("CLUSTERDOWN", StringComparison.Ordinal) ? "the cluster is down"
        : text.Contains("SocketFailure", StringComparison.Ordinal) ? "it cannot be reached"
        : null;

    private static string ReasonOf(ConnectionFailureType type, RedisSettings settings) => type switch
    {
        ConnectionFailureType.UnableToConnect or ConnectionFailureType.None when settings.IsTls => "it cannot be reached, or speaks no TLS",
        ConnectionFailureType.UnableToResolvePhysicalConnection or ConnectionFailureType.UnableToConnect or ConnectionFailureType.None =>
            "it cannot be reached",
        _ => "the connection was lost",
    };

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}

/// <summary>The servers answer, but not as they must.</summary>
/// <param name="reason">One line.</param>
internal sealed class RedisUnusableException(string reason) : Exception(reason);
