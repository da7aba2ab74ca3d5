using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>Another system, on plain Wolverine, keeps a list of who signed up here.</summary>
public sealed class FeedTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;
    private readonly int _port = FreePort.Next();
    private readonly List<string> _signedUp = [];
    private RabbitTestServer? _broker;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string List => Path.Combine(_folder, "sign-ups.txt");

    public async ValueTask DisposeAsync()
    {
        await (_broker?.DisposeAsync() ?? default);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Tells_another_system_of_each_sign_up_once_whatever_is_killed_or_taken_away_meanwhile()
    {
        Assert.SkipWhen(RabbitTestServer.Missing is not null, RabbitTestServer.Missing ?? "");
        _broker = await RabbitTestServer.StartAsync();
        string token;
        using (var host = await StartAsync())
        {
            token = await AdminAsync(host);
            using var receiver = Receive(token);
            await SignUpAsync(host);
            await ListedAsync(receiver);

            await _broker.KillAsync();
            await FeedIsAsync(host, "Degraded");
            await SignUpAsync(host);
            await _broker.RestartAsync();
            await FeedIsAsync(host, "Healthy");
            await ListedAsync(receiver);

            // The receiver is gone, what it should get is taken away, and the host ends in the middle of what it does.
            receiver.Kill();
            await SignUpAsync(host);
            await AnnouncedAsync(host);
            await _broker.ControlAsync("purge_queue", "crm");
            host.Kill();
        }

        using var again = await StartAsync();
        await SignUpAsync(again);
        using var second = Receive(token);
        await ListedAsync(second);

        Assert.Equal(_signedUp, await ReadAsync());
        Assert.Equal(0, await again.StopAsync(Cancelled));
    }

    private Task<HostProcess> StartAsync() =>
        HostProcess.StartAsync(_folder, [$"Adapters:Feed={_broker!.Url("?queues=crm&timeout=2s")}"], Cancelled, _port); // started before

    private CapturedProcess Receive(string token) => new(new ProcessStartInfo(
        "dotnet",
        [
            Path.Combine(
                Repository.Root, "artifacts", "bin", "Monolith.Receivers",
                Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "Monolith.Receivers.dll"),
            _broker!.Url(), "crm", List, $"http://localhost:{_port}", token, // started before
        ])
    { WorkingDirectory = _folder });

    private async Task<string> AdminAsync(HostProcess host)
    {
        var token = await PhotoVisit.SignInAsync(host.Http);
        host.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _signedUp.Add((string)(await host.Http.GetFromJsonAsync<JsonObject>("/v1/users/me", Cancelled))!["id"]!); // as described
        using var accepted = await host.Http.PostAsJsonAsync(
            "/v1/admin/invitation", new { token = host.Output.Split("token=")[1].Split('\n')[0].Trim() }, Cancelled);
        accepted.EnsureSuccessStatusCode();
        return token;
    }

    private async Task SignUpAsync(HostProcess host)
    {
        using var registered = await host.Http.PostAsJsonAsync("/v1/users", new
        {
            email = $"user{_signedUp.Count}@example.org", password = "correct horse battery", firstName = "Ada", lastName = "Lovelace",
        }, Cancelled);
        registered.EnsureSuccessStatusCode();
        _signedUp.Add((string)(await registered.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["id"]!); // as described
    }

    private async Task<List<string>> ReadAsync() => !File.Exists(List) ? []
        : [.. (await File.ReadAllLinesAsync(List, Cancelled)).Select(line => line.Split(' ')[3]).Where(effect => effect != "-")];

    private Task ListedAsync(CapturedProcess receiver) => Eventually.IsSoAsync(
        async () => (await ReadAsync()).Count >= _signedUp.Count, () => $"{List} is not complete; the receiver wrote:\n{receiver.Output}");

    private static Task FeedIsAsync(HostProcess host, string state) => Eventually.IsSoAsync(
        async () => (string?)(await host.Http.GetFromJsonAsync<JsonObject>("/health/ready", Cancelled))!["checks"]!["feed"] == state,
        () => $"the feed is not {state}; the host wrote:\n{host.Output}");

    private Task AnnouncedAsync(HostProcess host) => Eventually.IsSoAsync(
        async () => (await host.Http.GetStringAsync("/metrics", Cancelled)).Split('\n').Any(line =>
            line.StartsWith("monolith_feed_announced_total", StringComparison.Ordinal)
            && double.Parse(line.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture) >= _signedUp.Count),
        () => $"not everything was announced; the host wrote:\n{host.Output}");
}
