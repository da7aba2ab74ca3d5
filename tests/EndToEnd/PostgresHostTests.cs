using System.Net;
using System.Net.Http.Headers;

namespace Monolith.EndToEnd.Tests;

/// <summary>Real hosts on a real PostgreSQL.</summary>
public sealed class PostgresHostTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;
    private PostgresTestServer _server = null!; // Set before each test.

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Store =>
        $"Adapters:Store=postgres://{PostgresTestServer.User}:{Uri.EscapeDataString(PostgresTestServer.Password)}@127.0.0.1:{_server.Port}/monolith";

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
            Assert.Contains("store 0: 0001_tables", migrating.Output, StringComparison.Ordinal);
        }

        using var host = await HostProcess.StartAsync(_folder, [$"{Store}?migrate=false"], Cancelled);
        using var checking = HostProcess.Run(_folder, "migrate", Store);
        Assert.Equal(0, await checking.ExitAsync(Cancelled));
        Assert.Equal("store 0: nothing to change", checking.Output.Trim());
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
