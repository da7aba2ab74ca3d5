using System.Text.Json;
using Monolith.Jobs;
using Monolith.Jobs.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Jobs;

[Trait("host", "none")]
public sealed class JobViewTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly UserId _owner = Id.New<UserId>(TimeProvider.System, new Bucket(7));

    private static readonly Job.Scheduled _scheduled = new(
        Id.NewFor<JobId, UserId>(TimeProvider.System, _owner), _owner, "trial.do.v1", JsonElement.Parse("{}"), "a subject", MaxAttempts: 3,
        Lane: 5, NotBefore: null, _now);

    [Fact]
    public void Shows_how_a_job_came_to_its_end()
    {
        var view = After(
            _scheduled, new Job.AttemptFailed(1, "no luck", _now), Job.Succeed(2, TimeSpan.FromSeconds(1), _now.AddMinutes(1)));

        Assert.Equal(
            new JobView(
                _scheduled.JobId, _owner, "trial.do.v1", "a subject", JobState.Succeeded, 2, 3, _now, _now.AddMinutes(1), "no luck"),
            view);
    }

    [Fact]
    public void Shows_a_job_that_starts_again_as_queued_with_the_reason_it_died_of()
    {
        var view = After(_scheduled, new Job.Died(_owner, "trial.do.v1", "a subject", 3, "no luck", _now), new Job.Retried(_now));

        Assert.Equal((JobState.Queued, 0, null, "no luck"), (view.State, view.Attempts, view.FinishedAt, view.LastReason));
    }

    [Fact]
    public void Can_be_found_by_state_by_type_by_both_and_by_its_owner()
    {
        var entries = new JobViewProjection().Entries(After(_scheduled));

        Assert.Equal(
            [
                new IndexEntry("state", "queued"), new IndexEntry("type", "trial.do.v1"),
                new IndexEntry("state+type", "queued trial.do.v1"), new IndexEntry("owner", _owner.ToString())],
            entries);
    }

    private static JobView After(params object[] events) => events.Aggregate((JobView?)null, new JobViewProjection().Apply)!;
}
