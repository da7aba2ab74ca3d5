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
    public static string ReasonOf(Exception e, RedisSettings settings) => settings.IsDistrusted
        ? "its certificate is not trusted"
        : e switch
        {
            RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => Refusal(settings),
            RedisConnectionException { FailureType: ConnectionFailureType.Loading } => "it is loading its data",
            RedisConnectionException { InnerException: { } cause } => ReasonOf(cause, settings),
            RedisConnectionException when e.Message.StartsWith("Sentinel: ", StringComparison.Ordinal) =>
                $"the sentinels know no group \"{settings.SentinelGroup}\"",
            RedisConnectionException { FailureType: ConnectionFailureType.UnableToConnect } =>
                settings.IsTls ? "it cannot be reached, or speaks no TLS" : "it cannot be reached",
            RedisConnectionException or IOException or SocketException => "the connection was lost",
            RedisServerException said => ReasonOf(said, settings),
            TimeoutException => "it does not answer in time",
            ObjectDisposedException => "the connection was closed",
            _ => OneLine(e.Message),
        };

    private static string ReasonOf(RedisServerException said, RedisSettings settings) => said.Kind switch
    {
        RedisErrorKind.NoAuth or RedisErrorKind.WrongPass => Refusal(settings),
        RedisErrorKind.NoPermission => "it allows this user too little",
        RedisErrorKind.Loading => "it is loading its data",
        RedisErrorKind.ClusterDown => "the cluster is down",
        _ when said.Message.Contains("DB index is out of range", StringComparison.Ordinal) => "it has no such database",
        _ => OneLine(said.Message),
    };

    private static string Refusal(RedisSettings settings) =>
        !settings.HasPassword ? "it wants a password; give it as \"password-file\" or \"password-env\""
        : settings.User is null or "default" ? "it refuses the password"
        : "it refuses the user or the password";

    /// <exception cref="RedisUnusableException">The servers are not of the kind that the URL says, or have not what it names.</exception>
    public static void RefuseWrongKind(ConnectionMultiplexer connection, RedisSettings settings)
    {
        var servers = connection.GetServers().Where(server => server.IsConnected).ToList();
        var isCluster = servers.Exists(server => server.ServerType == ServerType.Cluster);
        if (servers.Count > 0 && isCluster != settings.IsCluster)
        {
            throw new RedisUnusableException(
                isCluster ? "it is a cluster; add \"cluster=true\"" : "it is no cluster; leave out \"cluster=true\"");
        }

        // Of those that sentinels watch one will be the master.
        if (servers.Count > 0 && !isCluster && settings.SentinelGroup is null && servers.TrueForAll(server => server.IsReplica))
        {
            throw new RedisUnusableException("it is a replica, which takes no writes");
        }
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}

/// <summary>The servers answer, but not as they must.</summary>
/// <param name="reason">One line.</param>
internal sealed class RedisUnusableException(string reason) : Exception(reason);
