using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Monolith.Architecture.Tests;

namespace Monolith.EndToEnd.Tests;

/// <summary>A real HAProxy with the configuration of <c>deploy/</c>, of which only addresses are replaced.</summary>
internal sealed partial class Balancer : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    private readonly CapturedProcess _process;
    private readonly string _configuration;

    private Balancer(string folder, IReadOnlyList<int> nodes)
    {
        var port = FreePort.Next();
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(30) };
        _configuration = Path.Combine(folder, "haproxy.cfg");
        File.WriteAllText(_configuration, Configure(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "haproxy.cfg")), port, nodes));
        _process = new CapturedProcess(new ProcessStartInfo(Program, ["-db", "-f", _configuration]));
    }

    /// <summary>A client of the public address.</summary>
    public HttpClient Http { get; }

    /// <summary>What HAProxy has written so far.</summary>
    public string Output => _process.Output;

    /// <summary>Why there is none here; null when there is.</summary>
    public static string? Missing => File.Exists(Program) ? null : "HAProxy is not installed (Debian: haproxy).";

    private static string Program => "/usr/sbin/haproxy";

    /// <summary>Starts it and waits until it finds a node ready.</summary>
    /// <param name="folder">For its configuration.</param>
    /// <param name="nodes">Ports of the web nodes on loopback.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<Balancer> StartAsync(string folder, IReadOnlyList<int> nodes, CancellationToken cancellationToken)
    {
        var balancer = new Balancer(folder, nodes);
        for (var waited = Stopwatch.StartNew(); !await balancer.ServesAsync(cancellationToken); await Task.Delay(50, cancellationToken))
        {
            if (balancer._process.HasExited || waited.Elapsed > _limit)
            {
                balancer.Dispose();
                throw new InvalidOperationException($"HAProxy finds no node ready; it wrote:\n{balancer.Output}");
            }
        }

        return balancer;
    }

    public void Dispose()
    {
        Http.Dispose();
        _process.Dispose();
    }

    private async Task<bool> ServesAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await Http.GetAsync("/v1/limits", cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // It does not listen yet.
        }
    }

    private static string Configure(string shipped, int port, IReadOnlyList<int> nodes)
    {
        var servers = nodes.Select((node, index) => string.Create(CultureInfo.InvariantCulture, $"  server web{index + 1} 127.0.0.1:{node} check\n"));
        return ServerLines().Replace(shipped.Replace("127.0.0.1:8080", $"127.0.0.1:{port}", StringComparison.Ordinal), string.Concat(servers));
    }

    [GeneratedRegex(@"(  server web.*\n?)+")]
    private static partial Regex ServerLines();
}
