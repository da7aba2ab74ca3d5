using System.Text.Json;
using Monolith.Kernel.Commits;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Subscriptions;

/// <summary>
/// Why an event could not be handled. Only what is transient is tried again for as long as it takes; the rest is parked, and others go on.
/// </summary>
public enum FailureKind
{
    /// <summary>Something that the handler needs was unavailable, or a concurrent commit was first: waiting helps.</summary>
    Transient,

    /// <summary>The handler failed on this event, several times.</summary>
    Poison,

    /// <summary>The event, or what is kept of earlier ones, cannot be read as what it should be.</summary>
    Serialisation,

    /// <summary>An event of a type that this code does not know.</summary>
    UnknownType,

    /// <summary>What should have come before is not there.</summary>
    OutOfOrder,
}

/// <summary>An event came before one that it needs.</summary>
public sealed class OutOfOrderException(string what) : Exception(what);

/// <summary>Tells failures apart.</summary>
internal static class Failures
{
    public static FailureKind KindOf(Exception exception) => exception switch
    {
        JsonException or NotSupportedException => FailureKind.Serialisation,
        UnknownEventException => FailureKind.UnknownType,
        OutOfOrderException => FailureKind.OutOfOrder,

        // A file that is not there does not come back by waiting; a disk or a network that is unavailable does.
        FileNotFoundException or DirectoryNotFoundException or ConflictException { IsFinal: true } => FailureKind.Poison,
        StoreUnavailableException or ConflictException or TimeoutException or OperationCanceledException or HttpRequestException
            or IOException
            => FailureKind.Transient,
        _ => FailureKind.Poison,
    };

    /// <summary>One line for people who look after this; a stack trace goes to the log.</summary>
    public static string ReasonOf(Exception exception)
    {
        const int Longest = 500;
        var reason = $"{exception.GetType().Name}: {exception.Message}";
        return reason.Length <= Longest ? reason : $"{reason.AsSpan(0, Longest)}…";
    }
}
