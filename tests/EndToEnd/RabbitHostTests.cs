using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>A web node and a worker that are separate processes, with a real RabbitMQ between them.</summary>
public sealed class RabbitHostTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;
    private PostgresTestServer? _postgres;
    private RabbitTestServer? _broker;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var missing = RabbitTestServer.Missing ?? PostgresTestServer.Missing;
        Assert.SkipWhen(missing is not null, missing ?? "");
        (_broker, _postgres) = (await RabbitTestServer.StartAsync(), await PostgresTestServer.StartAsync());
        await _postgres.ExecuteAsync("postgres", $"create database monolith owner {PostgresTestServer.User}");
    }

    public async ValueTask DisposeAsync()
    {
        await (_broker?.DisposeAsync() ?? default);
        await (_postgres?.DisposeAsync() ?? default);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Does_the_jobs_of_web_nodes_on_workers_and_goes_on_while_the_broker_is_killed()
    {
        var photo = await PhotoVisit.PhotoAsync();
        using var worker = await StartAsync("worker");
        using var web = await StartAsync("web");
        web.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await PhotoVisit.SignInAsync(web.Http));
        await SaysAsync(web, "Healthy");
        await SaysAsync(worker, "Healthy");

        await UploadAsync(web, photo);
        Assert.True(await CountAsync(worker, "monolith_queue_taken", "broker") >= 3);
        Assert.Equal(0, await CountAsync(web, "monolith_queue_taken", "broker"));

        await _broker!.KillAsync(); // Started before the test.
        await SaysAsync(web, "Degraded");
        await SaysAsync(worker, "Degraded");
        await UploadAsync(web, photo);
        Assert.True(await CountAsync(worker, "monolith_queue_taken", "store") >= 3);

        Assert.Equal((0, 0), (await web.StopAsync(Cancelled), await worker.StopAsync(Cancelled)));
        Assert.Contains("is unavailable (monolith relay); the node goes on without it", web.Output, StringComparison.Ordinal);
    }

    private static async Task UploadAsync(HostProcess web, byte[] photo)
    {
        using var accepted = await web.Http.PostAsync("/v1/media", new ByteArrayContent(photo), Cancelled);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        var view = await PhotoVisit.FinishedAsync(web.Http, accepted.Headers.Location!.ToString()); // Every 202 has one.
        Assert.All(view["variants"]!.AsArray(), v => Assert.Equal("ready", (string?)v!["state"]));
    }

    private static async Task<double> CountAsync(HostProcess host, string name, string place) =>
        (await host.Http.GetStringAsync("/metrics", Cancelled)).Split('\n')
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Contains($"\"{place}\"", StringComparison.Ordinal))
        .Sum(line => double.Parse(line.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture));

    private static async Task SaysAsync(HostProcess host, string state)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        for (string? said = null; said != state; await Task.Delay(50, limit.Token))
        {
            using var answer = await host.Http.GetAsync("/health/ready", limit.Token);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            said = (string?)(await answer.Content.ReadFromJsonAsync<JsonObject>(limit.Token))!["checks"]!["queue"]; // as documented
        }
    }

    // Both servers are started before the test.
    private Task<HostProcess> StartAsync(string role) => HostProcess.StartAsync(
        _folder, [$"Adapters:Store={_postgres!.Url("monolith")}", $"Adapters:Queue={_broker!.Url()}", $"Roles={role}"], Cancelled);
}
