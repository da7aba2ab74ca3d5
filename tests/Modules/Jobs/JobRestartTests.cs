using Microsoft.Extensions.DependencyInjection;
using Monolith.Jobs;
using Monolith.Jobs.Contracts;

namespace Monolith.Modules.Tests.Jobs;

/// <summary>What becomes of jobs when their worker stops, in good order or not.</summary>
[Trait("host", "own")]
public sealed class JobRestartTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("monolith-").FullName;
    private readonly TrialScript _script = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Goes_on_after_a_shutdown_without_counting_an_attempt()
    {
        var begun = new TaskCompletionSource();
        _script.On("interrupted", async (run, stopping) =>
        {
            if (run == 1)
            {
                begun.SetResult();
                await Task.Delay(Timeout.Infinite, stopping);
            }

            return default(Done);
        });
        JobId id;
        await using (var app = await JobsApp.StartAsync(_directory, _script))
        {
            id = await app.ScheduleAsync(JobsApp.NewOwner(), new DoTrialQuickly("interrupted"), "interrupted");
            await begun.Task;
        }

        await using var next = await JobsApp.StartAsync(_directory, _script);
        var job = await next.FindJobAsync(id, JobState.Succeeded);

        Assert.Equal((1, 1, 2), (job.Attempts, job.MaxAttempts, _script.RunsOf("interrupted")));
    }

    // Where several nodes share a store, none can tell that the former one is dead: its lease must run out.
    [Fact, Trait("store", "exclusive")]
    public async Task Goes_on_at_once_after_a_crash()
    {
        JobId id;
        await using (var app = await JobsApp.StartAsync(_directory, _script, roles: "web"))
        {
            id = await app.ScheduleTrialAsync("crashed");
            await LoseLeaseAsync(app, TimeSpan.FromMinutes(10));
        }

        await using var next = await JobsApp.StartAsync(_directory, _script);
        var job = await next.FindJobAsync(id, JobState.Succeeded);

        Assert.Equal((2, 1), (job.Attempts, _script.RunsOf("crashed")));
    }

    [Fact]
    public async Task Ends_a_job_whose_workers_die_without_a_trace()
    {
        JobId id;
        await using (var app = await JobsApp.StartAsync(_directory, _script, roles: "web"))
        {
            id = await app.ScheduleTrialAsync("deadly");
            await LoseLeaseAsync(app, TimeSpan.FromMilliseconds(1));
            await LoseLeaseAsync(app, TimeSpan.FromMilliseconds(1));
        }

        await using var next = await JobsApp.StartAsync(_directory, _script);
        var job = await next.FindJobAsync(id, JobState.Dead);

        Assert.Equal((2, 0), (job.Attempts, _script.RunsOf("deadly")));
        Assert.Contains("lost, 2 times in a row", job.LastReason, StringComparison.Ordinal);
    }

    /// <summary>Takes the job as the worker of this node would, and never comes back to it.</summary>
    private static async Task LoseLeaseAsync(JobsApp app, TimeSpan lease)
    {
        var queue = app.Services.GetRequiredService<IQueue>();
        var request = new TakeMessages(["trial.do.v1"], 1, app.Services.GetRequiredService<Node>().ToString(), lease);
        await Eventually.FindAsync(
            async () => await queue.TakeAsync(request, TestContext.Current.CancellationToken) is { Count: 1 } taken ? taken : null,
            "the job can be taken");
    }
}
