using RabbitMQ.Client;

namespace Monolith.Adapters.RabbitMq;

/// <summary>
/// The queues: one for each kind of message, and one for what cannot be read. All of them are quorum queues: on the disks of a majority
/// before they confirm.
/// </summary>
internal static class RabbitTopology
{
    // A copy that is given back that often is not worth carrying. Nothing is lost with it: the store has the message.
    private const int DeliveryLimit = 100;

    private const int DeadLimit = 10_000;

    private static readonly TimeSpan _deadTime = TimeSpan.FromDays(30);

    /// <summary>Name of the queue of a kind.</summary>
    public static string QueueOf(RabbitSettings settings, string kind) => $"{settings.Prefix}.{kind}";

    /// <summary>Name of the queue of what cannot be read.</summary>
    public static string DeadOf(RabbitSettings settings) => $"{settings.Prefix}.dead";

    /// <summary>Makes the queue of a kind where it is missing.</summary>
    /// <returns>How many messages are ready in it.</returns>
    public static async Task<long> DeclareAsync(
        IChannel channel, RabbitSettings settings, string kind, CancellationToken cancellationToken) =>
        (await DeclareAsync(channel, QueueOf(settings, kind), new Dictionary<string, object?>
        {
            ["x-delivery-limit"] = DeliveryLimit,
            ["x-dead-letter-exchange"] = "",
            ["x-dead-letter-routing-key"] = DeadOf(settings),
        }, cancellationToken)).MessageCount;

    /// <summary>Makes the queue of what cannot be read, where it is missing.</summary>
    public static Task DeclareDeadAsync(IChannel channel, RabbitSettings settings, CancellationToken cancellationToken) =>
        DeclareAsync(channel, DeadOf(settings), new Dictionary<string, object?>
        {
            ["x-max-length"] = DeadLimit,
            ["x-message-ttl"] = (long)_deadTime.TotalMilliseconds,
        }, cancellationToken);

    private static Task<QueueDeclareOk> DeclareAsync(
        IChannel channel, string queue, Dictionary<string, object?> arguments, CancellationToken cancellationToken)
    {
        arguments["x-queue-type"] = "quorum";
        return channel.QueueDeclareAsync(
            queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);
    }
}
