using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>A host that was told to use servers of every kind, none of which is there.</summary>
public sealed class UnavailableTests : IDisposable
{
    private const string Closed = "127.0.0.1:1";

    private static readonly string[] _ports = ["cache", "sessions", "throttling", "queue", "blobs", "edge", "mail"];

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Starts_serves_what_needs_none_of_them_and_names_every_port_that_is_unavailable()
    {
        File.WriteAllText(Path.Combine(_folder, "secret"), "not a secret");
        using var host = await HostProcess.StartAsync(
            _folder,
            [
                $"Adapters:Cache=redis://{Closed}", $"Adapters:Sessions=redis://{Closed}", $"Adapters:Throttling=redis://{Closed}",
                $"Adapters:Queue=amqp://{Closed}",
                $"Adapters:Blobs=s3://key@photos?endpoint=http://{Closed}&password-file=secret",
                $"Adapters:Edge=varnish://{Closed}?password-file=secret",
                $"Adapters:Mail=smtp://{Closed}?from=noreply@example.org&tls=none",
            ],
            Cancelled);

        host.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await PhotoVisit.SignInAsync(host.Http));
        using var me = await host.Http.GetAsync("/v1/users/me", Cancelled);
        using var upload = await host.Http.PostAsync("/v1/media", new ByteArrayContent(Convert.FromBase64String(Verbs.Png)), Cancelled);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), (me.StatusCode, upload.StatusCode));
        Assert.NotNull(upload.Headers.RetryAfter);
        await NamesAsync(host);
        Assert.Equal(0, await host.StopAsync(Cancelled));
        Assert.DoesNotContain("not a secret", host.Output, StringComparison.Ordinal);
        // What is unavailable says so once, not whenever a balancer asks.
        Assert.DoesNotContain("ealth check", host.Output, StringComparison.Ordinal);
    }

    private static async Task NamesAsync(HostProcess host)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            using var answer = await host.Http.GetAsync("/health/ready", limit.Token);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var checks = (await answer.Content.ReadFromJsonAsync<JsonObject>(limit.Token))!["checks"]!; // as documented
            if (_ports.All(port => (string?)checks[port] == "Degraded"))
            {
                return;
            }

            await Task.Delay(50, limit.Token);
        }
    }
}
