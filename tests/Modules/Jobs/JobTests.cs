using System.Text.Json;
using Monolith.Jobs;
using Monolith.Jobs.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Jobs;

[Trait("host", "none")]
public sealed class JobTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly UserId _owner = Id.New<UserId>(TimeProvider.System, new Bucket(7));

    private static readonly JobId _jobId = Id.NewFor<JobId, UserId>(TimeProvider.System, _owner);

    [Fact]
    public void Waits_in_the_queue_from_the_moment_it_was_asked_for()
    {
        var job = Given();

        Assert.Equal((JobState.Queued, _now, _jobId.Value), (job.State, job.DueAt, job.MessageId()));
    }

    [Fact]
    public void Waits_until_the_moment_that_was_asked_for()
    {
        var job = Job.Initial.Apply(Scheduled() with { NotBefore = _now.AddHours(1) });

        Assert.Equal(_now.AddHours(1), job.DueAt);
    }

    [Fact]
    public void Begins_its_first_attempt()
    {
        var job = Given();

        Assert.Null(job.Begin(job.AttemptOf(token: 1), _now, chance: 0.5));
    }

    [Fact]
    public void Is_tried_again_later_after_a_failure()
    {
        var failed = Assert.IsType<Job.AttemptFailed>(Given().Fail(1, "no luck", _now, chance: 0.5));

        Assert.Equal(new Job.AttemptFailed(1, "no luck", _now.AddSeconds(0.5)), failed);
        Assert.Equal((1, failed.NextTry, JobState.Queued), Given(failed) is var job ? (job.Attempts, job.DueAt, job.State) : default);
    }

    [Fact]
    public void Dies_when_its_last_attempt_fails()
    {
        var died = Assert.IsType<Job.Died>(Given(Failed(1), Failed(2)).Fail(3, "no luck", _now, chance: 0.5));

        Assert.Equal(new Job.Died(_owner, "trial.do.v1", "a subject", 3, "no luck", _now), died);
        Assert.Equal(JobState.Dead, Given(died).State);
    }

    [Fact]
    public void Goes_on_at_once_when_a_worker_was_lost()
    {
        var job = Given();

        Assert.Equal(2, job.AttemptOf(token: 2));
        Assert.Null(job.Begin(2, _now, chance: 0.5));
    }

    [Fact]
    public void Waits_as_after_a_failure_when_two_workers_in_a_row_were_lost()
    {
        var end = Given().Begin(attempt: 3, _now, chance: 0.5);

        Assert.IsType<Job.Died>(end); // The third of three attempts.
        Assert.IsType<Job.AttemptFailed>(Given(Scheduled() with { MaxAttempts = 9 }).Begin(3, _now, chance: 0.5));
    }

    [Fact]
    public void Dies_unbegun_when_its_workers_were_lost_too_often()
    {
        var job = Given(Failed(1), Failed(2));

        var died = Assert.IsType<Job.Died>(job.Begin(job.AttemptOf(token: 4), _now, chance: 0.5));

        Assert.Equal(3, died.Attempt);
    }

    [Fact]
    public void Does_not_count_an_attempt_that_a_shutdown_interrupted()
    {
        var job = Given(Job.Interrupt(_now), Job.Interrupt(_now), Job.Interrupt(_now));

        Assert.Equal(1, job.AttemptOf(token: 4));
        Assert.Null(job.Begin(1, _now, chance: 0.5));
    }

    [Fact]
    public void Waits_longer_and_longer_for_what_is_unavailable_and_half_a_minute_at_most()
    {
        var (job, waits) = (Given(), new List<double>());
        for (var i = 0; i < 8; i++)
        {
            var putOff = job.Defer(_now, chance: 0.5);
            waits.Add((putOff.At - _now).TotalSeconds);
            job = job.Apply(putOff);
        }

        Assert.Equal([0.5, 1, 2, 4, 8, 16, 16, 16], waits);
        Assert.Equal(1, job.AttemptOf(token: 9));
    }

    [Fact]
    public void Starts_again_with_all_its_attempts_and_another_message()
    {
        var dead = Given(Failed(1), Failed(2), new Job.Died(_owner, "trial.do.v1", "a subject", 3, "no luck", _now));

        Assert.True(dead.Retry(_now.AddDays(1)).TryGet(out var retried, out _));
        var job = dead.Apply(retried);

        Assert.Equal((JobState.Queued, 0, 1, _now.AddDays(1)), (job.State, job.Attempts, job.AttemptOf(token: 1), job.DueAt));
        Assert.NotEqual(dead.MessageId(), job.MessageId());
        Assert.Equal(_jobId.Bucket(), Bucket.Of(job.MessageId()));
    }

    [Fact]
    public void Does_not_start_again_unless_it_is_dead()
    {
        Assert.False(Given().Retry(_now).TryGet(out _, out var queued));
        Assert.False(Given(Job.Succeed(1, TimeSpan.FromSeconds(1), _now)).Retry(_now).TryGet(out _, out var succeeded));

        Assert.Equal((JobsErrors.NotDead, JobsErrors.NotDead), (queued, succeeded));
    }

    [Theory]
    [InlineData(1, 0.0, 0)]
    [InlineData(1, 0.5, 0.5)]
    [InlineData(4, 0.5, 4)]
    [InlineData(9, 1.0, 256)]
    [InlineData(10, 1.0, 300)]
    [InlineData(100, 1.0, 300)]
    public void Is_tried_again_after_a_delay_that_doubles_up_to_five_minutes(int attempt, double chance, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RetryDelay.After(attempt, chance));

    private static Job Given(params object[] events) =>
        events.Aggregate(events is [Job.Scheduled, ..] ? Job.Initial : Job.Initial.Apply(Scheduled()), (job, e) => job.Apply(e));

    private static Job.Scheduled Scheduled() =>
        new(_jobId, _owner, "trial.do.v1", JsonElement.Parse("{}"), "a subject", MaxAttempts: 3, Lane: 5, NotBefore: null, _now);

    private static Job.AttemptFailed Failed(int attempt) => new(attempt, "no luck", _now);
}
