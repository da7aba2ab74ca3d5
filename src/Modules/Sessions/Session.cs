using Monolith.Users.Contracts;

namespace Monolith.Sessions;

/// <summary>
/// The history of a session: when it began and ended. What ended here is over, whatever the session store says; otherwise that store says
/// what is valid.
/// </summary>
internal sealed record Session : IAggregate<Session>
{
    public static string Category => SessionRecord.Category;

    public static string Kind => "sessions.session-history.v1";

    public static Session Initial { get; } = new();

    public UserId? UserId { get; init; }

    public bool IsOver { get; init; }

    public static StreamId StreamOf(Guid id) => new(Bucket.Of(id), Category, id.ToString());

    public static Guid? SubjectOf(StreamId stream, Session state) => state.UserId?.Value;

    public static Started Start(UserId userId, DateTimeOffset now) => new(userId, now);

    /// <summary>Ending it again gives no event.</summary>
    public Ended? End(string reason, DateTimeOffset now) => UserId is null || IsOver ? null : new Ended(reason, now);

    public Session Apply(object @event) => @event switch
    {
        Started e => this with { UserId = e.UserId },
        Ended => this with { IsOver = true },
        _ => throw new UnknownEventException(typeof(Session), @event),
    };

    [EventType("sessions.started.v1")]
    internal sealed record Started(UserId UserId, DateTimeOffset At);

    /// <param name="Reason"><c>logged-out</c>, <c>ended-elsewhere</c>, <c>password-changed</c> or <c>user-erased</c>.</param>
    /// <param name="At">When.</param>
    [EventType("sessions.ended.v1")]
    internal sealed record Ended([NotPersonal("one of four words of ours")] string Reason, DateTimeOffset At);
}
