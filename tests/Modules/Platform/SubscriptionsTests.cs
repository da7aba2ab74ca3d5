using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Modules.Tests.Platform;

[Trait("host", "own")]
public sealed class SubscriptionsTests(GreetingApp app) : IClassFixture<GreetingApp>
{
    [Fact]
    public async Task A_hanging_reaction_degrades_health_and_health_comes_back_when_it_goes_on()
    {
        await app.AdminAsync();
        await LoopsAreAsync("Healthy");
        var gate = new TaskCompletionSource();
        app.Greeter.Greet = (_, cancellationToken) => gate.Task.WaitAsync(cancellationToken);
        await Member.JoinAsync(app);

        // Every other loop gives a sign of life again within seconds; this one does not.
        await app.Services.GetRequiredService<LagWatch>().MeasureAsync(default);
        app.Clock.Step(TimeSpan.FromSeconds(70));

        await LoopsAreAsync("Degraded");
        await Eventually.FindAsync(async () => (await LoopsAsync()).Where(l => (bool?)l!["isWell"] == false).ToList() is [var loop]
            && $"{loop!["loop"]}".StartsWith("greeting.greet/", StringComparison.Ordinal) ? loop : null,
            "the hanging reaction is the one that is not well");
        gate.SetResult();
        app.Greeter.Greet = (_, _) => Task.CompletedTask;
        await LoopsAreAsync("Healthy");
    }

    [Fact]
    public async Task An_event_that_fails_is_parked_others_go_on_and_an_administrator_lets_it_be_handled_after_the_cure()
    {
        var admin = await app.AdminAsync();
        var poison = new TaskCompletionSource<Monolith.Users.Contracts.UserId>();
        app.Greeter.Greet = (user, _) => poison.TrySetResult(user.UserId) || poison.Task.Result == user.UserId
            ? throw new InvalidDataException("cannot be greeted")
            : Task.CompletedTask;
        await Member.JoinAsync(app);
        var next = await Member.JoinAsync(app);
        await Eventually.FindAsync(
            () => Task.FromResult(app.Greeter.Greeted.Any(u => $"{u}" == next.Id) ? "greeted" : null), "the next one is greeted");

        // In another shard the next one is greeted before this one is parked.
        var parked = await Eventually.FindAsync(
            async () => (await JsonAsync(admin, "/v1/admin/subscriptions/parked")).AsArray() is [{ } only] ? only : null,
            "one event is parked");
        var path = $"/v1/admin/subscriptions/greeting.greet/parked/{parked["shard"]}/{parked["event"]!["position"]}/replay";
        Assert.Equal(("Poison", "5"), ((string?)parked["event"]!["kind"], parked["event"]!["attempts"]!.ToString()));
        using var again = await admin.Http.PostAsync(path, null);
        app.Greeter.Greet = (_, _) => Task.CompletedTask;
        using var cured = await admin.Http.PostAsync(path, null);
        using var gone = await admin.Http.PostAsync(path, null);

        await again.IsProblemAsync(HttpStatusCode.UnprocessableEntity, "replay-failed");
        Assert.Equal(HttpStatusCode.NoContent, cured.StatusCode);
        await gone.IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        Assert.Equal(1, app.Greeter.Greeted.Count(u => u == poison.Task.Result));
        Assert.Empty((await JsonAsync(admin, "/v1/admin/subscriptions/parked")).AsArray());
    }

    [Fact]
    public async Task An_administrator_has_views_rebuilt_while_they_are_read()
    {
        var admin = await app.AdminAsync();
        var before = await JsonAsync(admin, "/v1/admin/statistics/jobs");

        using var asked = await admin.Http.PostAsync("/v1/admin/subscriptions/jobs.statistics/rebuild", null);

        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        var standing = await Eventually.FindAsync(async () => (await JsonAsync(admin, "/v1/admin/subscriptions"))["projections"]!.AsArray()
            .Where(p => (string?)p!["projection"] == "jobs.statistics").ToList() is var all
                && all.TrueForAll(p => p!["lastSwitch"] is not null)
                ? all
                : null,
            "the views of every shard were replaced");
        Assert.All(standing, shard => Assert.Equal(0, (long?)shard!["lastSwitch"]!["differing"]));
        Assert.Equal($"{before}", $"{await JsonAsync(admin, "/v1/admin/statistics/jobs")}");
    }

    [Fact]
    public async Task Refuses_what_it_does_not_know()
    {
        var admin = await app.AdminAsync();

        using var rebuild = await admin.Http.PostAsync("/v1/admin/subscriptions/jobs.nothing/rebuild", null);
        using var cancel = await admin.Http.DeleteAsync("/v1/admin/subscriptions/jobs.nothing/rebuild");
        using var view = await admin.Http.PostAsync("/v1/admin/subscriptions/jobs.statistics/parked/0/1/replay", null);

        await rebuild.IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        await cancel.IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        await view.IsProblemAsync(HttpStatusCode.Conflict, "needs-rebuild");
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "/parked")]
    [InlineData("POST", "/jobs.statistics/rebuild")]
    [InlineData("DELETE", "/jobs.statistics/rebuild")]
    [InlineData("POST", "/greeting.greet/parked/0/1/replay")]
    public async Task Is_for_administrators(string method, string path)
    {
        await app.AdminAsync();
        var member = await Member.JoinAsync(app);

        using var refused = await member.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), $"/v1/admin/subscriptions{path}"));

        await refused.IsProblemAsync(HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task Shows_lag_as_a_metric_of_each_subscription()
    {
        var metrics = await app.CreateClient().GetStringAsync("/metrics");

        Assert.Contains("monolith_loop_lag{loop=\"greeting.greet/0\"}", metrics, StringComparison.Ordinal);
        Assert.Contains("monolith_loop_lag{loop=\"users.statistics/0\"}", metrics, StringComparison.Ordinal);
    }

    private static async Task<JsonNode> JsonAsync(Member member, string path) => JsonNode.Parse(await member.Http.GetStringAsync(path))!;

    private Task<string> LoopsAreAsync(string status) => Eventually.FindAsync(async () =>
    {
        using var answer = await app.CreateClient().GetAsync("/health/ready");
        var health = await answer.JsonAsync();
        return (string?)health["checks"]!["loops"] == status && answer.IsSuccessStatusCode ? status : null;
    }, $"the loops are {status}");

    private async Task<JsonArray> LoopsAsync() =>
        (await JsonAsync(await app.AdminAsync(), "/v1/admin/subscriptions"))["subscriptions"]!.AsArray();
}
