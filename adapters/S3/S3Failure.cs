using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Amazon.S3;

namespace Monolith.Adapters.S3;

/// <summary>Says in one line what is wrong with a bucket, or with the way there.</summary>
internal static class S3Failure
{
    /// <summary>Whether there is no such object, or it is not as it was when it was opened.</summary>
    public static bool IsGone(AmazonS3Exception e) => e.StatusCode is HttpStatusCode.NotFound && e.ErrorCode is not "NoSuchBucket";

    /// <summary>Whether nothing is known to be wrong with what was asked, only with the server or the way to it.</summary>
    public static bool IsOutage(Exception e, CancellationToken cancellationToken) => e switch
    {
        AmazonS3Exception s =>
            !IsGone(s) && s.StatusCode is not HttpStatusCode.PreconditionFailed and not HttpStatusCode.RequestedRangeNotSatisfiable,
        AmazonServiceException or AmazonClientException or HttpRequestException or IOException or SocketException
            or TimeoutException => true,
        OperationCanceledException => !cancellationToken.IsCancellationRequested, // The client's own time ran out.
        _ => false,
    };

    /// <summary>Makes what callers know of it.</summary>
    public static StoreUnavailableException ToUnavailable(Exception e, S3Settings settings) =>
        new(
            $"The bucket {settings.Name} is not available: {ReasonOf(e)}.",
            e is AmazonS3Exception { StatusCode: HttpStatusCode.InsufficientStorage }, e);

    /// <summary>What no waiting will mend, as a fault of the configuration; null for everything else.</summary>
    public static ConfigurationException? ToFault(Exception? e, S3Settings settings) =>
        e is not AmazonS3Exception s ? null : s.ErrorCode switch
    {
        "NoSuchBucket" => Fault(settings, "does not exist"),
        "InvalidAccessKeyId" => Fault(settings, "does not know this access key"),
        "SignatureDoesNotMatch" => Fault(settings, "does not accept this secret"),
        "AccessDenied" => Fault(settings, "allows this access key too little: it must list, read, write and delete"),
        "PermanentRedirect" or "AuthorizationHeaderMalformed" => Fault(settings, "lies in another region; give it as \"region\""),
        _ => null,
    };

    private static ConfigurationException Fault(S3Settings settings, string what) =>
        new([$"{settings.Setting}: the bucket {settings.Name} {what}"]);

    private static string ReasonOf(Exception e) => e switch
    {
        AmazonS3Exception { ErrorCode: { Length: > 0 } code } => code,
        AmazonS3Exception s => $"it answers {(int)s.StatusCode}",
        OperationCanceledException or TimeoutException => "it does not answer in time",
        { InnerException: HttpRequestException { InnerException: SocketException socket } } => OneLine(socket.Message),
        { InnerException: { } inner } => OneLine(inner.Message),
        _ => OneLine(e.Message),
    };

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}
