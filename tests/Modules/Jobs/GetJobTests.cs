using System.Net.Http.Headers;
using Monolith.Jobs;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Jobs;

[Trait("host", "own")]
public sealed class GetJobTests(JobsApp app) : IClassFixture<JobsApp>
{
    [Fact]
    public async Task Shows_a_job_to_its_owner()
    {
        var owner = await Member.JoinAsync(app);
        var id = await app.ScheduleTrialAsync(IdOf(owner), "shown");
        await app.FindJobAsync(id, JobState.Succeeded);

        var job = await (await GetAsync(owner.Http, id)).JsonAsync();

        Assert.Equal(
            ($"{id}", owner.Id, "trial.do.v1", "shown", "succeeded", 1, 2),
            (
                (string?)job["id"], (string?)job["owner"], (string?)job["type"], (string?)job["subject"], (string?)job["state"],
                (int?)job["attempts"], (int?)job["maxAttempts"]));
        Assert.False(job.ContainsKey("payload"));
    }

    [Fact]
    public async Task Answers_304_to_who_has_it_and_shows_it_again_when_it_changed()
    {
        var owner = await Member.JoinAsync(app);
        var goOn = new TaskCompletionSource();
        app.Script.On("changing", async (_, stopping) =>
        {
            await goOn.Task.WaitAsync(stopping);
            return default(Kernel.Values.Done);
        });
        var id = await app.ScheduleTrialAsync(IdOf(owner), "changing");
        var first = await GetAsync(owner.Http, id);

        Assert.Equal(HttpStatusCode.NotModified, (await GetAsync(owner.Http, id, first.Headers.ETag)).StatusCode);
        goOn.SetResult();

        // Copies go a moment after the commit, and this client has no token of it: it may be told once more that nothing changed.
        var changed = await Eventually.FindAsync(
            async () =>
                await GetAsync(owner.Http, id, first.Headers.ETag) is { StatusCode: not HttpStatusCode.NotModified } answer ? answer : null,
            "the job changed");

        Assert.Equal("succeeded", (string?)(await changed.JsonAsync())["state"]);
    }

    [Fact]
    public async Task Does_not_tell_a_foreign_job_from_one_that_never_was()
    {
        var (owner, stranger) = (await Member.JoinAsync(app), await Member.JoinAsync(app));
        var id = await app.ScheduleTrialAsync(IdOf(owner), "foreign");
        await GetAsync(owner.Http, id); // So that there is a cached copy, of the owner's.

        await (await GetAsync(stranger.Http, id)).IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        await (await GetAsync(stranger.Http, Guid.Empty)).IsProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Is_for_those_who_are_signed_in() =>
        await (await GetAsync(app.CreateClient(), Guid.Empty)).IsProblemAsync(HttpStatusCode.Unauthorized, "unauthenticated");

    [Fact]
    public async Task Shows_an_administrator_the_jobs_of_every_user()
    {
        var id = await app.ScheduleTrialAsync("another");

        var response = await (await app.AdminAsync()).GetAsync($"/v1/admin/jobs/{id}", TestContext.Current.CancellationToken);

        Assert.Equal("another", (string?)(await response.JsonAsync())["subject"]);
    }

    private static UserId IdOf(Member member) => new(Guid.Parse(member.Id));

    private static Task<HttpResponseMessage> GetAsync(HttpClient client, object id, EntityTagHeaderValue? known = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{id}");
        if (known is not null)
        {
            request.Headers.IfNoneMatch.Add(known);
        }

        return client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
