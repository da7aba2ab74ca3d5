using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>A real host with a real Redis for its cache and sessions.</summary>
public sealed class RedisHostTests : IAsyncDisposable
{
    private const string Password = "not-a-secret";

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;
    private RedisTestServer? _server;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Serves_without_an_error_while_Redis_is_killed_and_back()
    {
        Assert.SkipWhen(RedisTestServer.Missing is not null, RedisTestServer.Missing ?? "");
        _server = await RedisTestServer.StartAsync("--requirepass", Password);
        var url = $"redis://:{Password}@127.0.0.1:{_server.Port}";
        using var host = await HostProcess.StartAsync(
            _folder, [$"Adapters:Cache={url}", $"Adapters:Sessions={url}", $"Adapters:Throttling={url}"], Cancelled);
        var token = await PhotoVisit.SignInAsync(host.Http);
        host.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        await SaysAsync(host, "Healthy");
        await ServesAsync(host, "Ada");

        _server.Kill();
        await ServesAsync(host, "Grace");
        await SaysAsync(host, "Degraded");
        await ServesAsync(host, "Hedy");

        await _server.RestartAsync();
        await SaysAsync(host, "Healthy");
        await ServesAsync(host, "Joan");
        using var ended = await host.Http.DeleteAsync("/v1/sessions/current", Cancelled);
        using var after = await host.Http.GetAsync("/v1/users/me", Cancelled);
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.Unauthorized), (ended.StatusCode, after.StatusCode));
        Assert.DoesNotContain(Password, host.Output, StringComparison.Ordinal);
        Assert.Contains("is unavailable; the node goes on without it", host.Output, StringComparison.Ordinal);
        Assert.Equal(0, await host.StopAsync(Cancelled));
    }

    // Each read is made twice, so that the second may come from the cache; a change must show at once.
    private static async Task ServesAsync(HostProcess host, string name)
    {
        for (var i = 0; i < 20; i++)
        {
            var me = await host.Http.GetFromJsonAsync<JsonObject>("/v1/users/me", Cancelled);
            var id = (string?)me!["id"];
            using var now = await host.Http.GetAsync($"/v1/users/{id}", Cancelled);
            Assert.Equal(HttpStatusCode.OK, now.StatusCode);
            if (i % 5 == 0)
            {
                using var change = new HttpRequestMessage(HttpMethod.Patch, "/v1/users/me")
                {
                    Content = JsonContent.Create(new { firstName = $"{name}{i}" }),
                };
                using var before = await host.Http.GetAsync("/v1/users/me", Cancelled);
                change.Headers.IfMatch.Add(before.Headers.ETag!); // Every answer about a user has one.
                using var changed = await host.Http.SendAsync(change, Cancelled);
                Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
                Assert.Contains($"{name}{i}", await host.Http.GetStringAsync($"/v1/users/{id}", Cancelled), StringComparison.Ordinal);
            }
        }
    }

    private static async Task SaysAsync(HostProcess host, string state)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            using var answer = await host.Http.GetAsync("/health/ready", limit.Token);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var checks = (await answer.Content.ReadFromJsonAsync<JsonObject>(limit.Token))!["checks"]!; // as documented
            if ((string?)checks["cache"] == state && (string?)checks["sessions"] == state && (string?)checks["throttling"] == state)
            {
                return;
            }

            await Task.Delay(50, limit.Token);
        }
    }
}
