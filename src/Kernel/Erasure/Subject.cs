using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Erasure;

/// <summary>A person as the kernel knows one: not at all while there is a key, and as erased afterwards.</summary>
/// <remarks>
/// The stream is empty until the erasure. So a commit that holds something of a person requires that this stream is at version 0, and no
/// such commit gets through once the erasure did, on whichever node it was decided.
/// </remarks>
internal sealed record Subject : IAggregate<Subject>
{
    private const string Prefix = "subject-";

    public static string Category => "subject";

    public static string Kind => "kernel.subject.v1";

    public static Subject Initial { get; } = new();

    public DateTimeOffset? ErasedAt { get; init; }

    public static StreamId StreamOf(Guid subject) => new(Bucket.Of(subject), Category, subject.ToString());

    /// <summary>Tells whose erasure a stream holds, for its only event is that; null for any other stream.</summary>
    public static Guid? ErasedBy(StreamId stream) => ErasedBy(stream.Name);

    /// <inheritdoc cref="ErasedBy(StreamId)" />
    /// <param name="stream">Its name.</param>
    public static Guid? ErasedBy(string stream) =>
        stream.StartsWith(Prefix, StringComparison.Ordinal) ? Guid.Parse(stream.AsSpan(Prefix.Length)) : null;

    /// <summary>Whether a commit was refused because its subject is erased.</summary>
    public static bool IsIn(Conflict conflict) =>
        conflict.Kind is ConflictKind.Stream && conflict.What.StartsWith(Prefix, StringComparison.Ordinal);

    public Subject Apply(object @event) => @event switch
    {
        Erased e => this with { ErasedAt = e.At },
        _ => throw new UnknownEventException(typeof(Subject), @event),
    };

    [EventType("kernel.subject-erased.v1")]
    internal sealed record Erased(DateTimeOffset At);
}

/// <summary>What was to be stored belongs to an erased user. Nothing was stored, and trying again cannot help.</summary>
public sealed class SubjectErasedException : Exception
{
    /// <summary>Names no user.</summary>
    public SubjectErasedException()
        : base("Its subject is erased.")
    {
    }
}
