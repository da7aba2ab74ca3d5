using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>What leaves a real process for a collector, and what a collector that takes nothing does to it.</summary>
public sealed class TelemetryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Exports_nothing_that_a_caller_wrote()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        var person = new Caller();
        using (var host = await StartAsync(collector, "traces=1&metrics=true&interval=100ms"))
        {
            await person.LiveAsync(host);
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        Assert.Contains(collector.Spans, s => s.Name == "POST /v1/users");
        Assert.Contains(collector.Lines, l => l.Text.StartsWith("Made variant", StringComparison.Ordinal));
        Assert.Contains("monolith.use_case.duration", collector.Metrics);
        var exported = Directory.CreateDirectory(Path.Combine(_folder, "exported")).FullName;
        foreach (var (export, number) in collector.Exports.Select((e, i) => (e, i)))
        {
            await File.WriteAllBytesAsync(
                Path.Combine(exported, $"{number}{export.Path.Replace('/', '-')}"), export.Body, Cancelled);
        }

        Assert.Empty(person.Canaries.SelectMany(c => c.FindIn(exported, "")));
    }

    [Fact]
    public async Task Answers_counts_what_is_dropped_and_ends_while_the_collector_hangs()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        collector.Instead = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        using var host = await StartAsync(collector, "traces=1&interval=100ms&timeout=1s&queue=10");

        await Eventually.IsSoAsync(
            async () =>
            {
                using var answer = await host.Http.GetAsync("/v1/limits", Cancelled);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                return (await host.Http.GetStringAsync("/metrics", Cancelled))
                    .Contains("monolith_telemetry_dropped_total{signal=\"traces\"}", StringComparison.Ordinal);
            },
            () => "dropped spans");
        await Eventually.IsSoAsync(
            async () => (string?)(await host.Http.GetFromJsonAsync<JsonObject>(
                "/health/ready", Cancelled))!["checks"]!["telemetry"] == "Degraded",
            () => "telemetry is degraded");

        Assert.Equal(0, await host.StopAsync(Cancelled));
        Assert.Single(host.Output.Split('\n'), l => l.Contains("does not take telemetry", StringComparison.Ordinal));
    }

    private Task<HostProcess> StartAsync(OtlpReceiver collector, string keys) =>
        HostProcess.StartAsync(_folder, [$"Adapters:Telemetry=otlp://127.0.0.1:{collector.Port}?{keys}"], Cancelled);

    /// <summary>Someone who has put a planted text wherever there is room for one.</summary>
    private sealed class Caller
    {
        private readonly List<Canary> _canaries = [];

        public IReadOnlyList<Canary> Canaries => _canaries;

        public async Task LiveAsync(HostProcess host)
        {
            string[] headers =
            [
                "User-Agent", "Referer", "Origin-Of", "Cookie", "X-Forwarded-For", "X-Forwarded-Host", "X-Request-Id", "Accept-Language",
                "tracestate", "baggage", "If-None-Match", "Forwarded",
            ];
            foreach (var header in headers)
            {
                var text = Plain(header);
                host.Http.DefaultRequestHeaders.TryAddWithoutValidation(header, header is "tracestate" or "baggage" ? $"a={text}" : text);
            }

            host.Http.DefaultRequestHeaders.TryAddWithoutValidation(
                "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
            host.Http.DefaultRequestHeaders.Host = $"{Plain("Host")}.example.org";
            await LookAroundAsync(host.Http);
            host.Http.DefaultRequestHeaders.Remove("If-None-Match"); // A change is refused where it is there.

            var (email, password) = ($"{Plain("e-mail")}@example.org", Plain("password"));
            using var registered = await host.Http.PostAsJsonAsync(
                "/v1/users", new { email, password, firstName = New("first name"), lastName = New("last name") }, Cancelled);
            Assert.Equal(HttpStatusCode.Created, registered.StatusCode);
            using var refused = await host.Http.PostAsJsonAsync(
                "/v1/sessions", new { email, password = Plain("wrong password") }, Cancelled);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            using var session = await host.Http.PostAsJsonAsync("/v1/sessions", new { email, password }, Cancelled);
            var token = (string)(await session.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["token"]!;
            _canaries.Add(new Canary("token", token));
            host.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            await UploadAsync(host.Http);
        }

        private async Task LookAroundAsync(HttpClient http)
        {
            foreach (var (method, path) in new[] { ("GET", $"/{Plain("path")}"), ("GET", $"/v1/limits?q={Plain("query")}") })
            {
                using var answer = await http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Cancelled);
            }

            using var odd = await http.SendAsync(new HttpRequestMessage(new HttpMethod(Plain("method")), "/v1/limits"), Cancelled);
            using var unreadable = await http.PostAsync("/v1/users", new StringContent(Plain("body")), Cancelled);
            using var untrue = await http.PostAsJsonAsync("/v1/users", new { email = Plain("no e-mail") }, Cancelled);
        }

        private async Task UploadAsync(HttpClient http)
        {
            var image = Canary.New("image");
            _canaries.Add(image);
            var file = new ByteArrayContent(image.ToImage());
            using var form = new MultipartFormDataContent { { file, "file", $"{Plain("file name")}.png" } };
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/media") { Content = form };
            request.Headers.Add("Idempotency-Key", Plain("idempotency key"));
            using var uploaded = await http.SendAsync(request, Cancelled);
            await PhotoVisit.FinishedAsync(http, uploaded.EnsureSuccessStatusCode().Headers.Location!.ToString()); // A 202 has one.
        }

        private string New(string what)
        {
            _canaries.Add(Canary.New(what));
            return _canaries[^1].Text;
        }

        // Where only ASCII is taken.
        private string Plain(string what)
        {
            _canaries.Add(new Canary(what, $"canary-{RandomNumberGenerator.GetHexString(32, lowercase: true)}"));
            return _canaries[^1].Text;
        }
    }
}
