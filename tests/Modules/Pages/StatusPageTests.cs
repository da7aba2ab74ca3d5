
namespace Monolith.Modules.Tests.Pages;

[Trait("host", "own")]
public sealed class StatusPageTests(StatusPageTests.WebApp app) : IClassFixture<StatusPageTests.WebApp>
{
    [Fact]
    public async Task Says_to_every_reader_that_no_worker_is_alive()
    {
        var page = await new Browser(app).ReadAsync("/status");
        using var answer = await app.CreateClient().GetAsync("/health/ready");
        var health = await answer.Content.ReadFromJsonAsync<JsonObject>();

        Assert.DoesNotContain("Everything works", page, StringComparison.Ordinal);
        Assert.Contains("Degraded: no worker is alive", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode); // requests are served as before
        Assert.Equal(("Degraded", "Degraded"), ((string?)health!["status"], (string?)health["checks"]!["workers"]));
        Assert.Equal("no worker is alive", (string?)health["reasons"]!["workers"]);
    }

    [Fact]
    public async Task Shows_administrators_who_is_there_and_how_old_the_figures_are()
    {
        var admin = await Browser.SignUpAsync(app);
        var token = await app.InviteAsync();
        using var accepted = await admin.PostAsync(
            $"/admin/invitation?token={token}", "/admin/invitation", new() { ["token"] = token! }); // There is no administrator yet.

        var page = await admin.ReadAsync("/status");

        Assert.Equal(HttpStatusCode.SeeOther, accepted.StatusCode);
        Assert.Contains("this process", page, StringComparison.Ordinal);
        Assert.Matches(@"These figures are \d+ (s|min) old", page);
    }

    /// <summary>A node without the worker's role, alone on its store.</summary>
    public sealed class WebApp : App
    {
        protected override IEnumerable<string> Settings => ["--Roles=web"];
    }
}
