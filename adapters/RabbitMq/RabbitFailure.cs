using System.Net.Sockets;
using System.Security.Authentication;
using RabbitMQ.Client.Exceptions;

namespace Monolith.Adapters.RabbitMq;

/// <summary>Says in one line what is wrong with the broker, or with the way there.</summary>
internal static class RabbitFailure
{
    /// <summary>Whether only the broker or the way to it is to blame.</summary>
    public static bool IsOutage(Exception e) => e switch
    {
        // The library says so where it should say that the connection was lost under its hands.
        RabbitMQClientException or RabbitLostException or SocketException or IOException or TimeoutException or AuthenticationException
            or ObjectDisposedException => true,
        AggregateException all => all.InnerExceptions.All(IsOutage),
        OperationCanceledException => true, // Ours are sorted out before.
        _ => false,
    };

    /// <summary>What was said.</summary>
    public static string ReasonOf(Exception e, RabbitServers servers) =>
        servers.IsDistrusted ? "its certificate is not trusted" : e switch
    {
        RabbitLostException lost => lost.Message,
        OperationInterruptedException { ShutdownReason: { } reason } => ReasonOf(reason.ReplyCode, reason.ReplyText, servers),
        AuthenticationFailureException or PossibleAuthenticationFailureException => "it refuses the user or the password",
        BrokerUnreachableException { InnerException: AggregateException { InnerExceptions: [var first, ..] } } => ReasonOf(first, servers),
        { InnerException: { } inner } and (BrokerUnreachableException or ConnectFailureException or AggregateException) =>
            ReasonOf(inner, servers),
        AuthenticationException => "it speaks no TLS, or another version of it",
        SocketException or ConnectFailureException or BrokerUnreachableException =>
            servers.IsTls ? "it cannot be reached, or speaks no TLS" : "it cannot be reached",
        TimeoutException or OperationCanceledException => "it does not answer in time",
        IOException or ObjectDisposedException => "the connection was lost",
        _ => e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' '),
    };

    /// <summary>What the broker said when it closed a connection or a channel.</summary>
    public static string ReasonOf(ushort code, string text, RabbitServers servers) => code switch
    {
        530 when text.Contains("vhost", StringComparison.Ordinal) => $"it has no virtual host \"{servers.VirtualHost}\" for this user",
        403 => $"it allows this user too little: {servers.Rights} is needed",
        406 when text.Contains("inequivalent", StringComparison.Ordinal) => servers.NameTaken,
        320 => "it is being stopped",
        0 or 200 or 541 => "the connection was lost",
        _ => text.ReplaceLineEndings(" ").TrimEnd('.', ' '),
    };
}

/// <summary>The connection is of no use any more.</summary>
/// <param name="reason">One line.</param>
internal sealed class RabbitLostException(string reason) : Exception(reason);
