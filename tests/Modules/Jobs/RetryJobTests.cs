using Monolith.Jobs;
using Monolith.Jobs.Contracts;

namespace Monolith.Modules.Tests.Jobs;

[Trait("host", "own")]
public sealed class RetryJobTests(JobsApp app) : IClassFixture<JobsApp>
{
    [Fact]
    public async Task Lets_a_dead_job_start_again_with_all_its_attempts()
    {
        app.Script.On("again", (run, _) => run <= 3 ? throw new InvalidOperationException() : Task.FromResult<Result<Done>>(default(Done)));
        var id = await app.ScheduleTrialAsync("again");
        await app.FindJobAsync(id, JobState.Dead);

        var response = await RetryAsync(id);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal($"/v1/admin/jobs/{id}", response.Headers.Location?.ToString());
        var job = await app.FindJobAsync(id, JobState.Succeeded);
        Assert.Equal((2, 4, 1), (job.Attempts, app.Script.RunsOf("again"), await app.EffectsOfAsync(id, "again")));
    }

    [Fact]
    public async Task Refuses_a_job_that_is_not_dead()
    {
        var id = await app.ScheduleTrialAsync("alive");
        await app.FindJobAsync(id, JobState.Succeeded);

        var response = await RetryAsync(id);

        await response.IsProblemAsync(HttpStatusCode.Conflict, "jobs.not-dead");
    }

    [Fact]
    public async Task Refuses_a_job_that_never_was()
    {
        var response = await RetryAsync(new JobId(Guid.Empty));

        await response.IsProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    private async Task<HttpResponseMessage> RetryAsync(JobId id) =>
        await (await app.AdminAsync()).PostAsync($"/v1/admin/jobs/{id}/retry", null, TestContext.Current.CancellationToken);
}
