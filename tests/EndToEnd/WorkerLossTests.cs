using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>A web node and a worker on a real PostgreSQL.</summary>
public sealed class WorkerLossTests : IAsyncLifetime
{
    // Far above what it may take (docs/operations.md): a machine under load must not fail the test.
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;
    private PostgresTestServer _server = null!; // Set before each test.

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

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
    public async Task A_web_node_knows_whether_a_worker_is_alive_and_how_old_figures_are_that_none_folds()
    {
        using var web = await StartAsync("web");
        await BecomesAsync(web, "Degraded", "no worker is alive");
        using (var worker = await StartAsync("worker"))
        {
            await BecomesAsync(web, "Healthy", "");
            Assert.Contains("Everything works", await web.Http.GetStringAsync("/status", Cancelled), StringComparison.Ordinal);
            worker.Kill();
        }

        await Verbs.RegisterAsync(web.Http, "ada@example.org");
        await BecomesAsync(web, "Degraded", "no worker is alive");
        Assert.Contains("no worker is alive", await web.Http.GetStringAsync("/status", Cancelled), StringComparison.Ordinal);
        await BecomesAsync(web, "Degraded", "figures are", "figures"); // a minute after the account was opened

        using var next = await StartAsync("worker");
        await BecomesAsync(web, "Healthy", "");
        await BecomesAsync(web, "Healthy", "", "figures");
        Assert.Equal(0, await next.StopAsync(Cancelled));
        await BecomesAsync(web, "Degraded", "no worker is alive");
    }

    private static async Task BecomesAsync(HostProcess host, string status, string reason, string check = "workers")
    {
        var answer = new JsonObject();
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < _limit; await Task.Delay(250, Cancelled))
        {
            answer = await host.Http.GetFromJsonAsync<JsonObject>("/health/ready", Cancelled);
            var told = (string?)answer!["reasons"]?[check] ?? "";
            if ((string?)answer["checks"]![check] == status && told.StartsWith(reason, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"It did not become {status}: {answer}");
    }

    private Task<HostProcess> StartAsync(string role)
    {
        var store = $"Adapters:Store={_server.Url("monolith")}";
        return HostProcess.StartAsync(_folder, [store, $"Roles={role}"], Cancelled);
    }
}
