using System.Text.Json;
using Monolith.Jobs;
using Monolith.Jobs.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Jobs;

[Trait("host", "none")]
public sealed class JobViewTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly UserId Owner = Id.New<UserId>(TimeProvider.System, new Bucket(7));

    private static readonly Job.Scheduled Scheduled = new(
        Id.NewFor<JobId, UserId>(TimeProvider.System, Owner), Owner, "trial.do.v1", JsonElement.Parse("{}"), "a subject", MaxAttempts: 3, Lane: 5, NotBefore: null, Now);

    [Fact]
    public void Shows_how_a_job_came_to_its_end()
    {
        var view = After(Scheduled, new Job.AttemptFailed(1, "no luck", Now), Job.Succeed(2, TimeSpan.FromSeconds(1), Now.AddMinutes(1)));

        Assert.Equal(new JobView(Scheduled.JobId, Owner, "trial.do.v1", "a subject", JobState.Succeeded, 2, 3, Now, Now.AddMinutes(1), "no luck"), view);
    }

    [Fact]
    public void Shows_a_job_that_starts_anew_as_queued_with_the_reason_it_died_of()
    {
        var view = After(Scheduled, new Job.Died(Owner, "trial.do.v1", "a subject", 3, "no luck", Now), new Job.Retried(Now));

        Assert.Equal((JobState.Queued, 0, null, "no luck"), (view.State, view.Attempts, view.FinishedAt, view.LastReason));
    }

    [Fact]
    public void Can_be_found_by_state_by_type_by_both_and_by_its_owner()
    {
        var entries = new JobViewProjection().Entries(After(Scheduled));

        Assert.Equal(
            [new IndexEntry("state", "queued"), new IndexEntry("type", "trial.do.v1"), new IndexEntry("state+type", "queued trial.do.v1"), new IndexEntry("owner", Owner.ToString())],
            entries);
    }

    private static JobView After(params object[] events) => events.Aggregate((JobView?)null, new JobViewProjection().Apply)!;
}
