using Monolith.Users.Contracts;

namespace Monolith.Sessions;

/// <summary>
/// On which days a user was there. It knows the latest one, so the version of its stream lets each day be stored once, on any number of
/// nodes.
/// </summary>
internal sealed record ActiveDays : IAggregate<ActiveDays>
{
    public static string Category => "active";

    public static string Kind => "sessions.active-days.v1";

    public static ActiveDays Initial { get; } = new();

    /// <summary>UTC; null before the first one.</summary>
    public DateOnly? Latest { get; init; }

    public static StreamId StreamOf(UserId user) => StreamId.Of(Category, user);

    public static Guid? SubjectOf(StreamId stream, ActiveDays state) => Guid.Parse(stream.Key);

    /// <summary>The UTC day of a moment.</summary>
    public static DateOnly DayOf(DateTimeOffset moment) => DateOnly.FromDateTime(moment.UtcDateTime);

    /// <summary>Adds a day to what a unit of work decides; nothing when it is known.</summary>
    public static async Task NoteAsync(UnitOfWork work, UserId user, DateOnly day, CancellationToken cancellationToken)
    {
        var days = await work.LoadAsync<ActiveDays>(StreamOf(user), cancellationToken);
        if (days.State.Note(user, day) is { } active)
        {
            days.Append(active);
        }
    }

    /// <summary>Null for a day that is no later than the latest one: the clocks of two nodes may differ.</summary>
    public UserActive? Note(UserId user, DateOnly day) => day <= Latest ? null : new UserActive(user, day, Latest);

    public ActiveDays Apply(object @event) => @event switch
    {
        UserActive e => this with { Latest = e.Day },
        _ => throw new UnknownEventException(typeof(ActiveDays), @event),
    };

    /// <summary>A user was there on a day: logged in, or made any other request with a session.</summary>
    /// <param name="UserId">Who.</param>
    /// <param name="Day">UTC.</param>
    /// <param name="Before">
    /// The latest such day before; null on the first. So weekly and monthly figures count each user once without looking further back.
    /// </param>
    [EventType("sessions.user-active.v1")]
    internal sealed record UserActive(UserId UserId, DateOnly Day, DateOnly? Before);
}
