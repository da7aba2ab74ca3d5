using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Monolith.EndToEnd.Tests;

public sealed class HostProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Becomes_ready_and_ends_well_when_asked()
    {
        using var host = await HostProcess.StartAsync(_folder, [], Cancelled);

        Assert.Equal(0, await host.StopAsync(Cancelled));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("--Logging:Console:FormatterName=simple", false)]
    public async Task Writes_an_object_per_line_where_no_terminal_is_unless_it_is_told_otherwise(string setting, bool isJson)
    {
        using var host = await HostProcess.StartAsync(_folder, setting.Length > 0 ? [setting] : [], Cancelled);
        await host.StopAsync(Cancelled);

        var lines = host.Output.Split('\n').Where(l => l.Contains("Monolith.Host", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Equal(isJson, line.StartsWith("{\"Timestamp\":", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Starts_again_on_the_same_folder_after_a_kill()
    {
        using (var host = await HostProcess.StartAsync(_folder, [], Cancelled))
        {
            host.Kill();

            Assert.Equal(128 + 9, await host.ExitAsync(Cancelled));
        }

        using var again = await HostProcess.StartAsync(_folder, [], Cancelled);

        Assert.Equal(0, await again.StopAsync(Cancelled));
    }

    [Fact]
    public async Task Takes_requests_for_a_while_after_it_was_told_to_stop_says_that_it_drains_and_ends_what_is_under_way()
    {
        using var host = await HostProcess.StartAsync(_folder, ["--Limits:DrainSeconds=5"], Cancelled);
        using var slow = new TcpClient();
        await slow.ConnectAsync("localhost", host.Address.Port, Cancelled);
        var body = """{"email":"ada@example.org","password":"correct horse battery","firstName":"Ada","lastName":"Lovelace"}""";
        var head =
            $"POST /v1/users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: "
                + $"{body.Length}\r\n\r\n";
        await slow.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head + body[..50]), Cancelled);

        var stopping = host.StopAsync(Cancelled);
        HttpStatusCode status;
        do
        {
            using var ready = await host.Http.GetAsync("/health/ready", Cancelled);
            status = ready.StatusCode;
        }
        while (status == HttpStatusCode.OK);

        await slow.GetStream().WriteAsync(Encoding.ASCII.GetBytes(body[50..]), Cancelled);
        using var answer = new StreamReader(slow.GetStream());

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.StartsWith("HTTP/1.1 201 ", await answer.ReadToEndAsync(Cancelled), StringComparison.Ordinal);
        Assert.Equal(0, await stopping);
    }

    [Fact]
    public async Task Is_refused_in_one_line_where_another_process_has_the_data()
    {
        using var first = await HostProcess.StartAsync(_folder, [], Cancelled);
        using var second = HostProcess.Launch(_folder, ["--Logging:LogLevel:Default=None"]);

        Assert.Equal(1, await second.ExitAsync(Cancelled));
        Assert.StartsWith("Another process already uses ", second.Output, StringComparison.Ordinal);
        Assert.Single(second.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("data")]
    [InlineData("data/store.db")]
    public async Task Is_refused_in_one_line_where_it_may_not_write(string foreign)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "permissions are those of Linux");
        Directory.CreateDirectory(Path.Combine(_folder, "data"));
        if (foreign.EndsWith(".db", StringComparison.Ordinal))
        {
            await File.WriteAllTextAsync(Path.Combine(_folder, foreign), "", Cancelled);
        }

        // Root may write anywhere, so there the host runs as another user, who has nothing here but the folder itself.
        var start = new ProcessStartInfo("sh", ["-c", """
            chmod -R a-w "$1"
            set -- dotnet "$2" --urls http://127.0.0.1:0 --Logging:LogLevel:Default=None
            if [ "$(id -u)" = 0 ]; then chmod 755 .; exec setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/tmp "$@"; fi
            exec "$@"
            """, "sh", foreign, HostProcess.Assembly()]) { WorkingDirectory = _folder };
        using var host = new CapturedProcess(start);

        Assert.Equal(1, await host.ExitAsync(Cancelled).WaitAsync(TimeSpan.FromSeconds(60), Cancelled));
        Assert.Contains(
            "cannot be made or written", Assert.Single(host.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_what_the_host_wrote_when_it_refuses_to_start()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => HostProcess.StartAsync(_folder, ["Adapters:Cache=reddis://x"], Cancelled));

        Assert.Contains("reddis", error.Message, StringComparison.Ordinal);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;
}
