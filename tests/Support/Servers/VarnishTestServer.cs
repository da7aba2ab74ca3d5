using System.Diagnostics;
using System.Security.Cryptography;

namespace Monolith.Support;

/// <summary>
/// A real Varnish on a free loopback port, with the configuration of <c>deploy/</c>, of which only addresses and places are replaced.
/// </summary>
public sealed class VarnishTestServer : IAsyncDisposable
{
    private const string Program = "/usr/sbin/varnishd";

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);
    private static readonly string[] _modules =
        ["/usr/lib/varnish/vmods", "/usr/lib/x86_64-linux-gnu/varnish/vmods", "/usr/lib/aarch64-linux-gnu/varnish/vmods"];

    // Below /tmp and short, because sockets lie in it.
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-varnish-").FullName;
    private readonly string _configuration;
    private CapturedProcess? _process;

    private VarnishTestServer(int origin, Func<string, string> adjust, string? secret)
    {
        Secret = secret ?? Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
        File.WriteAllText(SecretFile, Secret + "\n");
        _configuration = Path.Combine(_folder, "test.vcl");
        var shipped = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "varnish.vcl"));
        File.WriteAllText(_configuration, adjust(shipped
            .Replace(".port = \"8080\"", $".port = \"{origin}\"", StringComparison.Ordinal)
            .Replace("/etc/varnish/purge-secret", SecretFile, StringComparison.Ordinal)));
    }

    /// <summary>Why there is none here; null when there is.</summary>
    public static string? Missing =>
        !File.Exists(Program) ? "Varnish is not installed (Debian: varnish)."
        : !_modules.Any(m => File.Exists(Path.Combine(m, "libvmod_xkey.so"))) ? "Varnish has no module xkey here (Debian: varnish-modules)."
        : !File.Exists("/usr/bin/gcc") ? "Varnish needs a compiler (Debian: gcc libc6-dev)."
        : null;

    /// <summary>Where it listens.</summary>
    public int Port { get; private set; }

    /// <summary>Who knows it may purge.</summary>
    public string Secret { get; }

    /// <summary>Where it lies.</summary>
    public string SecretFile => Path.Combine(_folder, "secret");

    /// <summary>What readers call it.</summary>
    public Uri Address => new($"http://127.0.0.1:{Port}");

    /// <summary>What it has written so far.</summary>
    public string Output => _process?.Output ?? "";

    /// <summary>Starts one.</summary>
    /// <param name="origin">The port of what is behind it.</param>
    /// <param name="adjust">Changes its configuration further.</param>
    /// <param name="secret">That of another one; null for its own.</param>
    public static async Task<VarnishTestServer> StartAsync(int origin, Func<string, string>? adjust = null, string? secret = null)
    {
        var server = new VarnishTestServer(origin, adjust ?? (vcl => vcl), secret);
        await server.LaunchAsync();
        return server;
    }

    /// <summary>The adapter's URL of it.</summary>
    /// <param name="more">Further keys.</param>
    public string Url(string more = "") => $"varnish://127.0.0.1:{Port}?password-file={SecretFile}{more}";

    /// <summary>Ends it in the middle of whatever it does (SIGKILL). What it kept is gone.</summary>
    public void Kill() => _process!.Kill(); // It runs: who has one has started it.

    /// <summary>Starts it again, on the same port.</summary>
    public Task RestartAsync() => LaunchAsync();

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task LaunchAsync()
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            Port = Port == 0 ? FreePort.Next() : Port;
            _process?.Dispose();
            var place = Directory.CreateDirectory(Path.Combine(_folder, $"{waited.ElapsedTicks}")).FullName;
            _process = new CapturedProcess(new ProcessStartInfo(
                Program,
                [
                    "-F", "-n", place, "-a", $"127.0.0.1:{Port}", "-T", "none", "-f", _configuration, "-s", "malloc,64m", "-j", "none",
                    "-p", "thread_pool_min=10", "-p", "vcc_allow_inline_c=off",
                ]));
            while (!_process.HasExited && waited.Elapsed < _limit)
            {
                if (await AnswersAsync())
                {
                    return;
                }

                await Task.Delay(20);
            }

            // The port of one that was killed may be in use for a moment more.
            if (waited.Elapsed > _limit || !Output.Contains("in use", StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidOperationException($"Varnish does not start; it wrote:\n{Output}");
            }

            await Task.Delay(50);
        }
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            // Refused by the configuration itself, whatever is behind it.
            using var http = new HttpClient();
            using var answer = await http.GetAsync(new Uri(Address, "/health/live"));
            return (int)answer.StatusCode == 404;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
