using Monolith.Modules.Tests.Jobs;

namespace Monolith.Modules.Tests.Platform;

[Trait("host", "own")]
public sealed class StatisticsTests(JobsApp app) : IClassFixture<JobsApp>
{
    [Fact]
    public async Task Count_what_happened_before_the_token_that_a_read_carries()
    {
        var before = await CaughtUpAsync("/v1/admin/statistics/users");
        for (var i = 1; i <= 10; i++)
        {
            using var registered = await app.CreateClient().PostAsJsonAsync("/v1/users", Member.Registration(Member.NewEmail()));
            var token = registered.Headers.GetValues("Monolith-Token").Single();

            var after = await ReadAsync("/v1/admin/statistics/users", token);

            Assert.True(Number(before, "opened") + i == Number(after, "opened"), $"{after} is not {i} more than {before}");
            Assert.Equal(Number(after, "opened"), after["days"]!.AsArray().Sum(d => (long)d!["opened"]!));
        }
    }

    [Fact]
    public async Task Tell_where_jobs_stand()
    {
        app.Script.On("dead", (_, _) => Task.FromResult<Kernel.Values.Result<Kernel.Values.Done>>(
            new Kernel.Values.Error(Kernel.Values.ErrorKind.Invalid, "trial.wrong", "It cannot be done.")));
        var before = await CaughtUpAsync("/v1/admin/statistics/jobs");
        await app.FindJobAsync(await app.ScheduleTrialAsync("done"), Monolith.Jobs.JobState.Succeeded);
        await app.FindJobAsync(await app.ScheduleTrialAsync("dead"), Monolith.Jobs.JobState.Dead);

        var after = await Eventually.FindAsync(async () => await ReadAsync("/v1/admin/statistics/jobs", null) is var now
            && Number(now, "succeeded") > Number(before, "succeeded") && Number(now, "dead") > Number(before, "dead") ? now : null,
            "both are counted");

        Assert.Equal(
            (0, 1, 1),
            (
                Number(after, "queued"), Number(after, "succeeded") - Number(before, "succeeded"),
                Number(after, "dead") - Number(before, "dead")));
    }

    [Fact]
    public async Task Tell_how_old_they_may_be()
    {
        using var answer = await (await app.AdminAsync()).GetAsync("/v1/admin/statistics/media");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Matches("^[0-9]+$", Assert.Single(answer.Headers.GetValues("Age-Of-Data")));
    }

    [Theory]
    [InlineData("users")]
    [InlineData("media")]
    [InlineData("jobs")]
    public async Task Are_for_administrators(string module)
    {
        var member = await Member.JoinAsync(app);

        using var refused = await member.Http.GetAsync($"/v1/admin/statistics/{module}");

        await refused.IsProblemAsync(HttpStatusCode.Forbidden, "forbidden");
    }

    private static long Number(JsonObject statistics, string name) => (long)statistics[name]!;

    // Includes everything that happened before it was asked for.
    private Task<JsonObject> CaughtUpAsync(string path) => Eventually.FindAsync(async () =>
    {
        using var response = await (await app.AdminAsync()).GetAsync(path);
        return response.Headers.GetValues("Age-Of-Data").Single() == "0" ? await response.JsonAsync() : null;
    }, path);

    // As a client does: what is not caught up yet is asked for again.
    private Task<JsonObject> ReadAsync(string path, string? token) => Eventually.FindAsync(async () =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Monolith-Token", token);
        }

        using var response = await (await app.AdminAsync()).SendAsync(request);
        return response.IsSuccessStatusCode ? await response.JsonAsync() : null;
    }, path);
}
