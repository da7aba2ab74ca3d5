using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Jobs;
using Monolith.Jobs.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Jobs;

[Trait("host", "own")]
public sealed class JobWorkerTests(JobsApp app) : IClassFixture<JobsApp>
{
    [Fact]
    public async Task Does_a_job_once()
    {
        var id = await app.ScheduleTrialAsync("once");

        var job = await app.FindJobAsync(id, JobState.Succeeded);

        Assert.Equal((1, 2, "once"), (job.Attempts, job.MaxAttempts, job.Subject));
        Assert.NotNull(job.FinishedAt);
        Assert.Equal((1, 1), (app.Script.RunsOf("once"), await app.EffectsOfAsync(id, "once")));
    }

    [Fact]
    public async Task Tries_again_after_a_failure()
    {
        app.Script.On("second-try", (run, _) => run == 1 ? throw new InvalidOperationException("a secret") : Fine);

        var job = await app.FindJobAsync(await app.ScheduleTrialAsync("second-try"), JobState.Succeeded);

        Assert.Equal(2, job.Attempts);
        Assert.Contains(nameof(InvalidOperationException), job.LastReason, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", job.LastReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waits_for_what_is_unavailable_without_counting_an_attempt()
    {
        app.Script.On(
            "away", (run, _) => run <= 3 ? throw new StoreUnavailableException("The bucket is unavailable.", isFull: false, null) : Fine);

        var job = await app.FindJobAsync(await app.ScheduleTrialAsync("away"), JobState.Succeeded);

        Assert.Equal((1, 4), (job.Attempts, app.Script.RunsOf("away")));
    }

    [Fact]
    public async Task Gives_a_job_up_after_its_last_attempt_and_tells_the_other_modules()
    {
        app.Script.On("hopeless", (_, _) => throw new InvalidOperationException());

        var id = await app.ScheduleTrialAsync("hopeless");
        var job = await app.FindJobAsync(id, JobState.Dead);

        Assert.Equal((2, 2), (job.Attempts, app.Script.RunsOf("hopeless")));
        var died = await Eventually.FindAsync(() => Task.FromResult(app.Script.Deaths.GetValueOrDefault("hopeless")), "the announcement");
        Assert.Equal((id, job.Owner, "trial.do.v1", job.LastReason), (died.JobId, died.Owner, died.Type, died.Reason));
    }

    [Fact]
    public async Task Gives_a_job_up_at_once_when_its_handler_refuses()
    {
        app.Script.On(
            "refused", (_, _) => Task.FromResult<Result<Done>>(new Error(ErrorKind.Invalid, "trial.wrong", "It cannot be done.")));

        var job = await app.FindJobAsync(await app.ScheduleTrialAsync("refused"), JobState.Dead);

        Assert.Equal((1, "It cannot be done."), (job.Attempts, job.LastReason));
    }

    [Fact]
    public async Task Stops_an_attempt_that_takes_too_long()
    {
        app.Script.On("slow", async (_, stopping) =>
        {
            await Task.Delay(Timeout.Infinite, stopping);
            return default(Done);
        });

        var id = await app.ScheduleAsync(JobsApp.NewOwner(), new DoTrialQuickly("slow"), "slow");

        Assert.Equal("It took longer than 1 s.", (await app.FindJobAsync(id, JobState.Dead)).LastReason);
    }

    [Fact]
    public async Task Does_a_job_once_however_often_it_is_scheduled()
    {
        var owner = JobsApp.NewOwner();
        var id = Id.NewFor<JobId, UserId>(TimeProvider.System, owner);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => app.ScheduleTrialAsync(owner, "repeated", id)));
        await app.FindJobAsync(id, JobState.Succeeded);
        await app.ScheduleTrialAsync(owner, "repeated", id);

        // Whatever was scheduled after it is taken after it, so nothing of it is left in the queue.
        await app.FindJobAsync(await app.ScheduleTrialAsync("after-repeated"), JobState.Succeeded);
        Assert.Equal((1, 1), (app.Script.RunsOf("repeated"), await app.EffectsOfAsync(id, "repeated")));
    }

    [Fact]
    public async Task Gives_a_worker_that_lost_its_lease_no_effect()
    {
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        app.Script.On("lost", async (run, _) =>
        {
            if (run == 1)
            {
                begun.SetResult();
                await goOn.Task;
            }

            return default(Done);
        });
        var id = await app.ScheduleTrialAsync("lost");
        await begun.Task;

        // As if the node was believed to be dead: its lease ends while its handler is still at work.
        await app.Services.GetRequiredService<IQueue>().ReleaseAllAsync(
            app.Services.GetRequiredService<Node>().ToString(), TestContext.Current.CancellationToken);
        await app.FindJobAsync(id, JobState.Succeeded);
        goOn.SetResult();
        await app.FindJobAsync(await app.ScheduleTrialAsync("after-lost"), JobState.Succeeded);

        Assert.Equal(2, app.Script.RunsOf("lost"));
        Assert.Equal((1, 2), (await app.EffectsOfAsync(id, "lost"), (await app.FindJobAsync(id)).Attempts));
    }

    [Fact]
    public async Task Gives_a_job_up_whose_payload_another_version_wrote()
    {
        var owner = JobsApp.NewOwner();
        var id = Id.NewFor<JobId, UserId>(TimeProvider.System, owner);
        await using var services = app.Services.CreateAsyncScope();
        var work = services.ServiceProvider.GetRequiredService<UnitOfWork>();
        var job = work.Start<Job>(Job.StreamOf(id));
        job.Append(new Job.Scheduled(
            id, owner, "trial.do.v1", JsonElement.Parse("[]"), "unreadable", MaxAttempts: 2, Lane: 5, NotBefore: null,
            TimeProvider.System.GetUtcNow()));
        work.Send(JobMessage.For(job.State, services.ServiceProvider.GetRequiredService<StoredJson>()));
        await work.CommitAsync(TestContext.Current.CancellationToken);

        var dead = await app.FindJobAsync(id, JobState.Dead);

        Assert.Equal((1, "Its payload cannot be read any more."), (dead.Attempts, dead.LastReason));
    }

    [Fact]
    public async Task Is_no_silent_loop_where_it_does_not_run()
    {
        var directory = Directory.CreateTempSubdirectory("monolith-").FullName;
        await using (var web = await JobsApp.StartAsync(directory, new TrialScript(), roles: "web"))
        {
            Assert.DoesNotContain(web.Services.GetRequiredService<Heartbeats>().All, loop => loop.Loop == "jobs");
        }

        // A loop begins a moment after its host has started.
        await Eventually.IsSoAsync(() => app.Services.GetRequiredService<Heartbeats>().All.Any(loop => loop.Loop == "jobs"));
        Directory.Delete(directory, recursive: true);
    }

    private static Task<Result<Done>> Fine => Task.FromResult<Result<Done>>(default(Done));
}
