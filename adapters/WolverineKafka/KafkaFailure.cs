using Confluent.Kafka;

namespace Monolith.Adapters.WolverineKafka;

/// <summary>Says in one line what is wrong with the brokers, or with the way there.</summary>
internal static class KafkaFailure
{
    /// <summary>What was said.</summary>
    public static string ReasonOf(Exception exception, KafkaFeedSettings settings) => exception switch
    {
        KafkaException e => ReasonOf(e.Error, settings),
        TimeoutException or OperationCanceledException => "it does not answer in time",
        { InnerException: { } inner } => ReasonOf(inner, settings),
        IOException e => e.Message.ReplaceLineEndings(" "), // The file of the password, for example.
        _ => exception.Message.ReplaceLineEndings(" ").TrimEnd('.', ' '),
    };

    private static string ReasonOf(Confluent.Kafka.Error error, KafkaFeedSettings settings) => error.Code switch
    {
        ErrorCode.Local_Transport or ErrorCode.Local_AllBrokersDown or ErrorCode.Local_Resolve or ErrorCode.BrokerNotAvailable =>
            "it cannot be reached",
        ErrorCode.Local_TimedOut or ErrorCode.Local_MsgTimedOut or ErrorCode.RequestTimedOut => "it does not answer in time",
        ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed => "it refuses the user or the password",
        ErrorCode.Local_Ssl => "its certificate is not trusted, or it speaks no TLS",
        ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic => $"it has no topic \"{settings.Topic}\", and makes none by itself",
        ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed =>
            $"it allows this user too little: the right to describe and write the topic \"{settings.Topic}\" is needed",
        ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend => "too few of its replicas are in step",
        _ => error.Reason.ReplaceLineEndings(" ").TrimEnd('.', ' '),
    };
}
