using System.ComponentModel.DataAnnotations;
using Monolith.Jobs.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Jobs;

/// <summary>
/// Where a job can stand. One that is being worked on is still queued: nothing is written at the beginning of an attempt.
/// </summary>
internal static class JobState
{
    public const string Queued = "queued";
    public const string Succeeded = "succeeded";
    public const string Dead = "dead";

    /// <summary>Its owner is erased. It is not shown any more.</summary>
    public const string Erased = "erased";

    public static readonly IReadOnlyList<string> All = [Queued, Succeeded, Dead];
}

/// <summary>
/// A job as its owner and administrators see it. Without the payload: that is between the module that asked and its handler.
/// </summary>
/// <param name="Id">Which one.</param>
/// <param name="Owner">The user for whom it is done.</param>
/// <param name="Type">What is done: <c>media.make-variant.v1</c>.</param>
/// <param name="Subject">What it is done to.</param>
/// <param name="State"><c>queued</c>, also while it is worked on; <c>succeeded</c>; or <c>dead</c> after the last attempt.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="MaxAttempts">How often it is tried at most.</param>
/// <param name="ScheduledAt">UTC.</param>
/// <param name="FinishedAt">UTC; null while it is queued.</param>
/// <param name="LastReason">Why the last attempt failed; null when none did.</param>
internal sealed record JobView(
    JobId Id, UserId Owner, string Type, string Subject,
    [property: AllowedValues(JobState.Queued, JobState.Succeeded, JobState.Dead)] string State, int Attempts, int MaxAttempts,
    DateTimeOffset ScheduledAt, DateTimeOffset? FinishedAt, string? LastReason);

internal sealed class JobViewProjection : Projection<JobView>
{
    public const string ViewKind = "jobs.job-view.v1";

    public override string Kind => ViewKind;

    public override string Category => Job.Category;

    /// <summary>The index entry of what an administrator may filter by; null for everything.</summary>
    public static IndexEntry? EntryOf(string? state, string? type) => (state, type) switch
    {
        (null, null) => null,
        ({ } s, null) => new IndexEntry("state", s),
        (null, { } t) => new IndexEntry("type", t),
        ({ } s, { } t) => new IndexEntry("state+type", $"{s} {t}"),
    };

    public static IndexEntry OwnedBy(UserId owner) => new("owner", owner.ToString());

    public override JobView? Apply(JobView? view, object @event) => (view, @event) switch
    {
        (null, Job.Scheduled e) => new JobView(e.JobId, e.Owner, e.Type, e.Subject, JobState.Queued, 0, e.MaxAttempts, e.At, null, null),
        ({ } v, Job.AttemptFailed e) => v with { Attempts = e.Attempt, LastReason = e.Reason },
        ({ } v, Job.Succeeded e) => v with { State = JobState.Succeeded, Attempts = e.Attempt, FinishedAt = e.At },
        ({ } v, Job.Died e) => v with { State = JobState.Dead, Attempts = e.Attempt, FinishedAt = e.At, LastReason = e.Reason },
        ({ } v, Job.Retried) => v with { State = JobState.Queued, Attempts = 0, FinishedAt = null },
        (_, Job.Erased) => null,
        _ => view,
    };

    public override IReadOnlyList<IndexEntry> Entries(JobView view) =>
        [EntryOf(view.State, null)!, EntryOf(null, view.Type)!, EntryOf(view.State, view.Type)!, OwnedBy(view.Owner)];
}
