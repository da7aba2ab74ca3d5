using Microsoft.Extensions.DependencyInjection;
using Monolith.Jobs;
using Monolith.Jobs.Contracts;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Values;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Jobs;

public sealed class JobWorkerTests(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    private readonly JobsApp _app = fixture.App;
    private readonly TrialScript _script = fixture.Script;

    [Fact]
    public async Task Does_a_job_once()
    {
        var id = await _app.ScheduleTrialAsync("once");

        var job = await _app.GetJobInAsync(id, JobState.Succeeded);

        Assert.Equal((1, 2, "once"), (job.Attempts, job.MaxAttempts, job.Subject));
        Assert.NotNull(job.FinishedAt);
        Assert.Equal((1, 1), (_script.RunsOf("once"), await _app.EffectsOfAsync(id, "once")));
    }

    [Fact]
    public async Task Tries_again_after_a_failure()
    {
        _script.On("second-try", (run, _) => run == 1 ? throw new InvalidOperationException("a secret") : Fine);

        var job = await _app.GetJobInAsync(await _app.ScheduleTrialAsync("second-try"), JobState.Succeeded);

        Assert.Equal(2, job.Attempts);
        Assert.Contains(nameof(InvalidOperationException), job.LastReason, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", job.LastReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gives_a_job_up_after_its_last_attempt_and_tells_the_other_modules()
    {
        _script.On("hopeless", (_, _) => throw new InvalidOperationException());

        var id = await _app.ScheduleTrialAsync("hopeless");
        var job = await _app.GetJobInAsync(id, JobState.Dead);

        Assert.Equal((2, 2), (job.Attempts, _script.RunsOf("hopeless")));
        await Eventually.BecomesAsync(() => _script.Deaths.ContainsKey("hopeless"));
        var died = _script.Deaths["hopeless"];
        Assert.Equal((id, job.Owner, "trial.do.v1", job.LastReason), (died.JobId, died.Owner, died.Type, died.Reason));
    }

    [Fact]
    public async Task Gives_a_job_up_at_once_when_its_handler_refuses()
    {
        _script.On("refused", (_, _) => Task.FromResult<Result<Done>>(new Error(ErrorKind.Invalid, "trial.wrong", "It cannot be done.")));

        var job = await _app.GetJobInAsync(await _app.ScheduleTrialAsync("refused"), JobState.Dead);

        Assert.Equal((1, "It cannot be done."), (job.Attempts, job.LastReason));
    }

    [Fact]
    public async Task Stops_an_attempt_that_takes_too_long()
    {
        _script.On("slow", async (_, stopping) =>
        {
            await Task.Delay(Timeout.Infinite, stopping);
            return default(Done);
        });

        var id = await _app.ScheduleAsync(JobsAppSteps.NewOwner(), new DoTrialQuickly("slow"), "slow");

        Assert.Equal("It took longer than 1 s.", (await _app.GetJobInAsync(id, JobState.Dead)).LastReason);
    }

    [Fact]
    public async Task Does_a_job_once_however_often_it_is_scheduled()
    {
        var owner = JobsAppSteps.NewOwner();
        var id = Id.NewFor<JobId, UserId>(TimeProvider.System, owner);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _app.ScheduleTrialAsync(owner, "repeated", id)));
        await _app.GetJobInAsync(id, JobState.Succeeded);
        await _app.ScheduleTrialAsync(owner, "repeated", id);

        // Whatever was scheduled after it is taken after it, so nothing of it is left in the queue.
        await _app.GetJobInAsync(await _app.ScheduleTrialAsync("after-repeated"), JobState.Succeeded);
        Assert.Equal((1, 1), (_script.RunsOf("repeated"), await _app.EffectsOfAsync(id, "repeated")));
    }

    [Fact]
    public async Task Gives_a_worker_that_lost_its_lease_no_effect()
    {
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        _script.On("lost", async (run, _) =>
        {
            if (run == 1)
            {
                begun.SetResult();
                await goOn.Task;
            }

            return default(Done);
        });
        var id = await _app.ScheduleTrialAsync("lost");
        await begun.Task;

        // As if the node was believed to be dead: its lease ends while its handler is still at work.
        await _app.Services.GetRequiredService<IQueue>().ReleaseAllAsync(
            _app.Services.GetRequiredService<Node>().ToString(), TestContext.Current.CancellationToken);
        await _app.GetJobInAsync(id, JobState.Succeeded);
        goOn.SetResult();
        await _app.GetJobInAsync(await _app.ScheduleTrialAsync("after-lost"), JobState.Succeeded);

        Assert.Equal(2, _script.RunsOf("lost"));
        Assert.Equal((1, 2), (await _app.EffectsOfAsync(id, "lost"), (await _app.GetJobAsync(id)).Attempts));
    }

    private static Task<Result<Done>> Fine => Task.FromResult<Result<Done>>(default(Done));
}
