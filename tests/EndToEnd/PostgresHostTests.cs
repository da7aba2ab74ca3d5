using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>Real hosts on a real PostgreSQL.</summary>
public sealed class PostgresHostTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;
    private PostgresTestServer _server = null!; // Set before each test.

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Store => $"Adapters:Store={_server.Url("monolith")}";

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(PostgresTestServer.Missing is not null, PostgresTestServer.Missing ?? "");
        _server = await PostgresTestServer.StartAsync();
        await _server.ExecuteAsync("postgres", $"create database monolith owner {PostgresTestServer.User}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Does_each_job_once_on_whichever_node_and_shows_it_on_all()
    {
        var photo = await PhotoVisit.PhotoAsync();
        var atOnce = await Task.WhenAll(new[] { "web", "worker", "worker" }.Select(StartAsync));
        // The link for the first administrator is the one of the last start.
        HostProcess[] hosts = [await StartAsync("web"), .. atOnce];
        try
        {
            var token = await PhotoVisit.SignInAsync(hosts[0].Http);
            Array.ForEach(hosts, h => h.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token));
            using var accepted = await hosts[1].Http.PostAsync("/v1/media", new ByteArrayContent(photo), Cancelled);
            var location = accepted.Headers.Location!.ToString(); // Every 202 has one.

            foreach (var host in hosts[..2])
            {
                var view = await PhotoVisit.FinishedAsync(host.Http, location);
                Assert.All(view["variants"]!.AsArray(), v => Assert.Equal("ready", (string?)v!["state"]));
            }

            Assert.Equal(3, await PhotoVisit.FinishedJobsAsync(hosts[0].Output, hosts[0].Http));
            Assert.Equal(3, hosts.Sum(h => h.Output.Split('\n').Count(line => line.Contains("Made variant", StringComparison.Ordinal))));
        }
        finally
        {
            Array.ForEach(hosts, h => h.Dispose());
        }
    }

    [Fact]
    public async Task Stores_once_that_a_user_is_active_today_on_however_many_nodes_the_user_comes_in()
    {
        using var first = await StartAsync("web");
        using var second = await StartAsync("web");
        var account = new { email = "ada@example.org", password = "correct horse battery", firstName = "Ada", lastName = "Lovelace" };
        using var registered = await first.Http.PostAsJsonAsync("/v1/users", account, Cancelled);
        var user = (string)(await registered.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["id"]!;

        var sessions = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            (i % 2 == 0 ? first : second).Http.PostAsJsonAsync("/v1/sessions", new { account.email, account.password }, Cancelled)));

        Assert.All(sessions, s => Assert.Equal(HttpStatusCode.Created, s.StatusCode));
        var days = await ShownAsync($"active-{user}");
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        // Two where the test began before midnight.
        Assert.InRange(days.Count, 1, (string?)days[0]["data"]!["day"] == $"{today:yyyy-MM-dd}" ? 1 : 2);
        Assert.Equal("sessions.user-active.v1", (string?)days[0]["type"]);

        // It is one commit with the session that began.
        var starts = await Task.WhenAll(sessions.Select(async s =>
            Assert.Single(
                await ShownAsync($"session-{(string?)(await s.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["session"]!["id"]}"))));
        Assert.Contains((string?)days[0]["meta"]!["of"], starts.Select(s => (string?)s["id"]));
        Assert.All(starts, s => Assert.Null(s["meta"]!["of"]));
    }

    [Fact]
    public async Task Waits_for_its_database_and_goes_on_when_it_comes_back()
    {
        _server.Kill();
        using var host = HostProcess.Launch(_folder, [Store]);
        await AnswersAsync(host, "/health/live", HttpStatusCode.OK);
        await AnswersAsync(host, "/health/ready", HttpStatusCode.ServiceUnavailable);
        using (var refused = await host.Http.GetAsync("/v1/users/me", Cancelled))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
            Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        }

        await _server.RestartAsync();
        await AnswersAsync(host, "/health/ready", HttpStatusCode.OK);
        var token = await PhotoVisit.SignInAsync(host.Http);

        _server.Kill();
        await AnswersAsync(host, "/health/ready", HttpStatusCode.ServiceUnavailable);
        await AnswersAsync(host, "/health/live", HttpStatusCode.OK);

        await _server.RestartAsync();
        await AnswersAsync(host, "/health/ready", HttpStatusCode.OK);
        host.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        await AnswersAsync(host, "/v1/users/me", HttpStatusCode.OK);
        Assert.DoesNotContain(PostgresTestServer.Password, host.Output, StringComparison.Ordinal);
        Assert.Equal(0, await host.StopAsync(Cancelled));
    }

    [Fact]
    public async Task Migrates_by_a_verb_where_a_start_may_not()
    {
        using (var refused = HostProcess.Launch(_folder, [$"{Store}?migrate=false"]))
        {
            Assert.Equal(78, await refused.ExitAsync(Cancelled));
            Assert.Contains("run ./run migrate first", refused.Output, StringComparison.Ordinal);
        }

        using (var migrating = HostProcess.Run(_folder, "migrate", Store))
        {
            Assert.Equal(0, await migrating.ExitAsync(Cancelled));
            Assert.Contains("store main: 0001_tables", migrating.Output, StringComparison.Ordinal);
        }

        using var host = await HostProcess.StartAsync(_folder, [$"{Store}?migrate=false"], Cancelled);
        using var checking = HostProcess.Run(_folder, "migrate", Store);
        Assert.Equal(0, await checking.ExitAsync(Cancelled));
        Assert.Equal("store main: nothing to change", checking.Output.Trim());
    }

    // A server on a busy machine may not answer a verb in time; that is for the caller to try again.
    private Task<IReadOnlyList<JsonNode>> ShownAsync(string stream) => Eventually.FindAsync<IReadOnlyList<JsonNode>>(
        async () =>
        {
            using var verb = HostProcess.Run(_folder, "events", "show", stream, Store);
            var code = await verb.ExitAsync(Cancelled);
            Assert.True(code == 0 || verb.Output.Contains("is not available", StringComparison.Ordinal), verb.Output);
            return code != 0
                ? null
                : [.. verb.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
        },
        $"events of {stream}");

    [Fact]
    public async Task Refuses_in_one_line_a_database_whose_migration_is_not_the_one_that_is_shipped()
    {
        using (var migrating = HostProcess.Run(_folder, "migrate", Store))
        {
            Assert.Equal(0, await migrating.ExitAsync(Cancelled));
        }

        await _server.ExecuteAsync("monolith", "update monolith.migrations set checksum = repeat('0', 64) where number = 2");

        using var starting = HostProcess.Launch(_folder, [Store]);
        using var again = HostProcess.Run(_folder, "migrate", Store);
        Assert.Equal((78, 78), (await starting.ExitAsync(Cancelled), await again.ExitAsync(Cancelled)));
        Assert.All([starting.Output, again.Output], output => Assert.Contains(
            "monolith was made by another build of this program: its migration 0002_commit has the checksum 000000000000…", output,
            StringComparison.Ordinal));
        Assert.All([starting.Output, again.Output], output => Assert.DoesNotContain("   at ", output, StringComparison.Ordinal));
    }

    private Task<HostProcess> StartAsync(string role) => HostProcess.StartAsync(_folder, [Store, $"Roles={role}"], Cancelled);

    private static async Task AnswersAsync(HostProcess host, string path, HttpStatusCode expected)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        HttpStatusCode? last = null;
        while (last != expected)
        {
            Assert.False(limit.IsCancellationRequested, $"{path} answered {last} and not {expected}; the host wrote:\n{host.Output}");
            await Task.Delay(50, Cancelled);
            try
            {
                using var answer = await host.Http.GetAsync(path, Cancelled);
                last = answer.StatusCode;
            }
            catch (HttpRequestException)
            {
                last = null; // Not yet listening, or just between waiting and serving.
            }
        }
    }
}
