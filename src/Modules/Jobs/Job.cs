using System.Text.Json;
using Monolith.Jobs.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Jobs;

/// <summary>Something to be done by a worker: when it was asked for, how its attempts went and how it ended.</summary>
/// <remarks>
/// Each lease of its message is an attempt, unless it was given back, at a shutdown or because something it needs was unavailable. So an
/// attempt whose worker died without a trace counts too, though no worker was left to record it: the fencing token counts the leases, and a
/// job that kills its workers comes to an end.
/// </remarks>
internal sealed record Job : IAggregate<Job>
{
    // One loss is a crash or a deployment. After two in a row the job itself is a suspect, and waits, so that it does not take the
    // jobs that share its worker down with it again and again.
    private const int MaxLosses = 2;

    // 2^5 s.
    private const int LongestWaits = 6;

    public static string Category => "job";

    public static string Kind => "jobs.job.v1";

    public static Job Initial { get; } = new();

    public JobId JobId { get; init; }

    public UserId Owner { get; init; }

    public string Type { get; init; } = "";

    /// <summary>Null once it is erased.</summary>
    public JsonElement? Payload { get; init; }

    public string Subject { get; init; } = "";

    public int MaxAttempts { get; init; }

    public int Lane { get; init; }

    public string State { get; init; } = JobState.Queued;

    /// <summary>How often an administrator restarted it.</summary>
    public int Retries { get; init; }

    /// <summary>The last attempt on record since its last restart; 0 when there is none.</summary>
    public int Attempts { get; init; }

    /// <summary>Leases that were released since its last restart, at a shutdown or because something it needs was unavailable.</summary>
    public int Interruptions { get; init; }

    /// <summary>When its message falls due, UTC.</summary>
    public DateTimeOffset DueAt { get; init; }

    public static StreamId StreamOf(JobId id) => StreamId.Of(Category, id);

    public static Guid? SubjectOf(StreamId stream, Job state) => state.Owner.Value;

    public static Scheduled Schedule(ScheduleJob request, JobType type, JsonElement payload, DateTimeOffset now) => new(
        request.Id, request.Owner, type.Name, payload, request.Subject, type.MaxAttempts, type.Lane, request.NotBefore, now);

    /// <summary>The message that stands for it in the queue.</summary>
    /// <remarks>
    /// Tokens start over with a new message; so it has a new id after each retry, or a worker that was lost before could pass for the
    /// present one.
    /// </remarks>
    public Guid MessageId() => Retries == 0 ? JobId.Value : Id.Derive(JobId.Value, $"retry {Retries}");

    /// <summary>Tells which attempt a lease of its message is.</summary>
    public int AttemptOf(long token) => (int)Math.Min(int.MaxValue, token - Interruptions);

    /// <summary>Decides whether an attempt may begin: null when it may, else what becomes of the job instead.</summary>
    /// <param name="attempt">From 1.</param>
    /// <param name="now">When.</param>
    /// <param name="chance">At least 0, below 1.</param>
    public object? Begin(int attempt, DateTimeOffset now, double chance)
    {
        var losses = attempt - 1 - Attempts;
        return attempt > MaxAttempts || losses >= MaxLosses
            ? Fail(attempt, $"The worker was lost, {losses} times in a row.", now, chance)
            : null;
    }

    public static Succeeded Succeed(int attempt, TimeSpan duration, DateTimeOffset now) => new(attempt, now, duration);

    /// <summary>Lets it be tried again later, or ends it when that was the last attempt.</summary>
    public object Fail(int attempt, string reason, DateTimeOffset now, double chance) => attempt < MaxAttempts
        ? new AttemptFailed(attempt, reason, now + RetryDelay.After(attempt, chance))
        : Die(attempt, reason, now);

    public Died Die(int attempt, string reason, DateTimeOffset now) =>
        new(Owner, Type, Subject, Math.Min(attempt, MaxAttempts), reason, now);

    public static Interrupted Interrupt(DateTimeOffset now) => new(now);

    /// <summary>
    /// Lets it wait for what it needs and what is unavailable now: that is no attempt, however long it takes. Asks again after half a
    /// minute at most.
    /// </summary>
    public Interrupted Defer(DateTimeOffset now, double chance) =>
        new(now + RetryDelay.After(Math.Min(Interruptions + 1, LongestWaits), chance));

    public Result<Retried> Retry(DateTimeOffset now) => State == JobState.Dead ? new Retried(now) : JobsErrors.NotDead;

    /// <summary>Nothing of it is left but its id and its owner's. Null when that was done already.</summary>
    public Erased? Erase(DateTimeOffset now) => State == JobState.Erased ? null : new Erased(State == JobState.Queued, now);

    public Job Apply(object @event) => @event switch
    {
        Scheduled e => this with
        {
            JobId = e.JobId, Owner = e.Owner, Type = e.Type, Payload = e.Payload.ValueKind is JsonValueKind.Null ? null : e.Payload,
            Subject = e.Subject, MaxAttempts = e.MaxAttempts, Lane = e.Lane,
            DueAt = e.NotBefore ?? e.At,
        },
        AttemptFailed e => this with { Attempts = e.Attempt, DueAt = e.NextTry },
        Interrupted e => this with { Interruptions = Interruptions + 1, DueAt = e.At },
        Succeeded e => this with { Attempts = e.Attempt, State = JobState.Succeeded },
        Died e => this with { Attempts = e.Attempt, State = JobState.Dead },
        Retried e => this with { Attempts = 0, Interruptions = 0, Retries = Retries + 1, State = JobState.Queued, DueAt = e.At },
        Erased => Initial with { JobId = JobId, Owner = Owner, State = JobState.Erased },
        _ => throw new UnknownEventException(typeof(Job), @event),
    };

    [EventType("jobs.scheduled.v1")]
    internal sealed record Scheduled(
        JobId JobId, UserId Owner, [NotPersonal("name of a class of ours")] string Type, [Personal] JsonElement Payload,
        [NotPersonal("ids, by the contract of ScheduleJob")] string Subject, int MaxAttempts, int Lane, DateTimeOffset? NotBefore,
        DateTimeOffset At);

    [EventType("jobs.attempt-failed.v1")]
    internal sealed record AttemptFailed(int Attempt, [Personal] string Reason, DateTimeOffset NextTry);

    /// <summary>A worker gave it back, because it was told to stop or something was unavailable: no attempt.</summary>
    /// <param name="At">From when on it may be taken again, UTC.</param>
    [EventType("jobs.interrupted.v1")]
    internal sealed record Interrupted(DateTimeOffset At);

    [EventType("jobs.succeeded.v1")]
    internal sealed record Succeeded(int Attempt, DateTimeOffset At, TimeSpan Duration);

    // Whose and what about, because the announcement is made from this event alone.
    [EventType("jobs.died.v1")]
    internal sealed record Died(
        UserId Owner, [NotPersonal("name of a class of ours")] string Type,
        [NotPersonal("ids, by the contract of ScheduleJob")] string Subject, int Attempt,
        [Personal] string Reason, DateTimeOffset At);

    [EventType("jobs.retried.v1")]
    internal sealed record Retried(DateTimeOffset At);

    [EventType("jobs.erased.v1")]
    internal sealed record Erased(bool WasQueued, DateTimeOffset At);
}
