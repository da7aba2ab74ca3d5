using Monolith.Users.Contracts;

namespace Monolith.Jobs.Contracts;

/// <summary>Something to be done later, by a worker: a request whose handler any module may define.</summary>
/// <remarks>
/// It runs at least once, one worker at a time, until it succeeds or its attempts are used up; so its handler must bear repetition. An
/// error as the result means that no repetition can help: the job fails for good. An exception means: try again later.
/// </remarks>
public interface IJob : IRequest<Result<Done>>;

/// <summary>Names a type of job permanently, <c>module.what-it-does.v1</c>, and says how it is to be treated.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class JobTypeAttribute(string name) : Attribute
{
    /// <summary>The stored name.</summary>
    public string Name { get; } = name;

    /// <summary>How often it is tried before it is dead; 1 to 100.</summary>
    public int MaxAttempts { get; init; } = 12;

    /// <summary>0 is taken first; 0 to 9. 0 is for what a user waits for.</summary>
    public int Lane { get; init; } = 5;

    /// <summary>After how many seconds an attempt is stopped.</summary>
    public int TimeoutSeconds { get; init; } = 300;
}

/// <summary>Schedules a job in the commit of the caller. Asking again with the same id changes nothing.</summary>
/// <param name="Id">In the owner's bucket; derived from what it follows from, so that a repetition is recognised.</param>
/// <param name="Owner">Who may look at it.</param>
/// <param name="Job">What is to be done; its type has a <see cref="JobTypeAttribute"/> and is listed in its module's JSON context.</param>
/// <param name="Subject">
/// What it is about, for reactions to its end: a photo and a preset, say. At most 200 characters, nothing personal.
/// </param>
/// <param name="NotBefore">UTC; null for at once.</param>
[SameCommit]
public sealed record ScheduleJob(
    JobId Id, UserId Owner, IJob Job, string Subject, DateTimeOffset? NotBefore = null) : IRequest<Result<JobId>>;

/// <summary>A job is dead: it failed for good.</summary>
/// <param name="JobId">Which one.</param>
/// <param name="Owner">Whose.</param>
/// <param name="Type">Name of its type.</param>
/// <param name="Subject">As given when it was scheduled.</param>
/// <param name="Reason">What the last attempt ran into: a sentence without secrets.</param>
/// <param name="At">When, UTC.</param>
[Announcement("jobs.job-died.v1")]
public sealed record JobDied(JobId JobId, UserId Owner, string Type, string Subject, string Reason, DateTimeOffset At) : INotification;
