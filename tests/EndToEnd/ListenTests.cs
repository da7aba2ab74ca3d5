using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Monolith.EndToEnd.Tests;

public sealed class ListenTests : IDisposable
{
    private static readonly string[] _conventions =
    [
        .. new[] { "URLS", "HTTP_PORTS", "HTTPS_PORTS" }.SelectMany(name => new[] { name, $"ASPNETCORE_{name}", $"DOTNET_{name}" }),
    ];

    private const string Hint = "give another address, as in --urls http://localhost:6000";

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("simple")] // as on a terminal
    [InlineData("json")] // as when redirected
    public async Task Tells_an_address_in_use_in_one_line_and_ends_with_1(string format)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        // The pause is for balancers of a server that listened; this one never did.
        using var host = HostProcess.Launch(
            _folder, [$"Logging:Console:FormatterName={format}", "Limits:DrainSeconds=120"], ((IPEndPoint)taken.LocalEndpoint).Port);

        Assert.Equal(1, await host.ExitAsync(Cancelled));
        var lines = host.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(
            $"Failed to bind to address http://127.0.0.1:{host.Address.Port}: address already in use; {Hint}",
            Assert.Single(lines, l => !IsPortLine(l)));
    }

    [Theory]
    [InlineData("http://192.0.2.1:80", $"cannot assign requested address; {Hint}")] // an address of no machine
    [InlineData("https://127.0.0.1:0", "Unable to configure HTTPS endpoint. No server certificate was specified")]
    public async Task Tells_why_it_cannot_listen_in_one_line(string urls, string reason)
    {
        using var host = Start([], "--urls", urls);

        Assert.Equal(1, await host.ExitAsync(Cancelled));
        var line = Assert.Single(host.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => !IsPortLine(l));
        Assert.StartsWith($"Failed to bind to address {urls}: {reason}", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:{0}")]
    [InlineData("DOTNET_URLS", "http://127.0.0.1:{0}")]
    [InlineData("URLS", "http://127.0.0.1:{0}")]
    [InlineData("ASPNETCORE_HTTP_PORTS", "{0}")]
    [InlineData("DOTNET_HTTP_PORTS", "{0}")]
    public async Task Listens_where_the_environment_says(string variable, string format) => await AnswersAsync((variable, format), []);

    [Theory]
    [InlineData("--urls=http://127.0.0.1:{0}")]
    [InlineData("--urls", "http://127.0.0.1:{0}")]
    [InlineData("urls=http://127.0.0.1:{0}")]
    [InlineData("--http_ports", "{0}", "--urls=")]
    public async Task Listens_where_the_arguments_say_whatever_the_environment_says(params string[] arguments) =>
        await AnswersAsync(("ASPNETCORE_URLS", "http://127.0.0.1:1"), arguments);

    [Fact]
    public async Task Listens_on_port_5000_of_this_machine_alone_when_nothing_is_said()
    {
        using var host = Start([]);

        // Or would, where something else has it.
        await UntilAsync(() => host.HasExited || host.Output.Contains("Ready at", StringComparison.Ordinal));
        Assert.Matches(
            @"Ready at http://localhost:5000\b|Failed to bind to address http://(127\.0\.0\.1|\[::1\]):5000: address already in use",
            host.Output);
    }

    private static bool IsPortLine(string line) =>
        line.Contains(" is ", StringComparison.Ordinal) && !line.Contains("Failed", StringComparison.Ordinal);

    private static async Task UntilAsync(Func<bool> isDone)
    {
        var waited = Stopwatch.StartNew();
        while (!isDone())
        {
            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(3), "It did not happen within three minutes.");
            await Task.Delay(50, Cancelled);
        }
    }

    private async Task AnswersAsync((string Name, string Format) variable, string[] arguments)
    {
        var port = FreePort.Next();
        string At(string text) => text.Replace("{0}", $"{port}", StringComparison.Ordinal);
        using var host = Start([(variable.Name, At(variable.Format))], [.. arguments.Select(At)]);
        await UntilAsync(() => host.HasExited || host.Output.Contains("Ready at", StringComparison.Ordinal));
        using var http = new HttpClient();

        Assert.False(host.HasExited, host.Output);
        using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/health/live"), Cancelled);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private CapturedProcess Start((string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [HostProcess.Assembly(), .. arguments]) { WorkingDirectory = _folder };
        Array.ForEach(_conventions, v => start.Environment.Remove(v));
        Array.ForEach(environment, v => start.Environment[v.Name] = v.Value);
        return new CapturedProcess(start);
    }
}
