using Monolith.Jobs;

namespace Monolith.Modules.Tests.Jobs;

[Trait("host", "own")]
public sealed class ListJobsTests(JobsApp app) : IClassFixture<JobsApp>
{
    [Fact]
    public async Task Lists_jobs_newest_first_page_by_page()
    {
        var ids = new List<string>();
        foreach (var name in new[] { "oldest", "middle", "newest" })
        {
            ids.Insert(0, $"{await app.ScheduleAsync(JobsApp.NewOwner(), new DoTrialQuickly(name), name)}");
            await Task.Delay(2, TestContext.Current.CancellationToken); // Ids made in the same millisecond are in no order.
        }

        var first = await ListAsync("?type=trial.do-quickly.v1&limit=2");
        var second = await ListAsync($"?type=trial.do-quickly.v1&limit=2&cursor={first["next"]}");

        Assert.Equal(ids, IdsOf(first).Concat(IdsOf(second)));
        Assert.Null(second["next"]);
    }

    [Fact]
    public async Task Lists_those_of_a_state()
    {
        app.Script.On("dead", (_, _) => Task.FromResult<Result<Done>>(new Error(ErrorKind.Invalid, "trial.wrong", "It cannot be done.")));
        var (dead, done) = (await app.ScheduleTrialAsync("dead"), await app.ScheduleTrialAsync("done"));
        await app.FindJobAsync(dead, JobState.Dead);
        await app.FindJobAsync(done, JobState.Succeeded);

        Assert.Equal([$"{dead}"], IdsOf(await ListAsync("?state=dead")));
        Assert.Equal([$"{dead}"], IdsOf(await ListAsync("?state=dead&type=trial.do.v1")));
        Assert.Contains($"{done}", IdsOf(await ListAsync("?state=succeeded")));
        Assert.Contains($"{done}", IdsOf(await ListAsync("")));
    }

    [Theory]
    [InlineData("?state=running", "validation")]
    [InlineData("?limit=0", "malformed")]
    [InlineData("?limit=201", "malformed")]
    [InlineData("?cursor=bm9uZQ.bm9uZQ", "malformed")]
    public async Task Refuses_what_cannot_be_right(string query, string code)
    {
        var response = await (await app.AdminAsync()).GetAsync($"/v1/admin/jobs{query}", TestContext.Current.CancellationToken);

        await response.IsProblemAsync(HttpStatusCode.BadRequest, code);
    }

    [Theory]
    [InlineData("GET", "/v1/admin/jobs")]
    [InlineData("GET", "/v1/admin/jobs/00000000-0000-7000-8000-000000000000")]
    [InlineData("POST", "/v1/admin/jobs/00000000-0000-7000-8000-000000000000/retry")]
    public async Task Is_for_administrators(string method, string path)
    {
        var member = await Member.JoinAsync(app);

        var forbidden = await member.Http.SendAsync(
            new HttpRequestMessage(new HttpMethod(method), path), TestContext.Current.CancellationToken);
        var unknown = await app.CreateClient().SendAsync(
            new HttpRequestMessage(new HttpMethod(method), path), TestContext.Current.CancellationToken);

        await forbidden.IsProblemAsync(HttpStatusCode.Forbidden, "forbidden");
        await unknown.IsProblemAsync(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    private async Task<JsonObject> ListAsync(string query) =>
        await (await (await app.AdminAsync()).GetAsync($"/v1/admin/jobs{query}", TestContext.Current.CancellationToken)).JsonAsync();

    private static IEnumerable<string?> IdsOf(JsonObject page) => page["items"]!.AsArray().Select(job => (string?)job!["id"]);
}
