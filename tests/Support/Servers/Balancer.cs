using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Monolith.Support;

/// <summary>A real balancer with its configuration of <c>deploy/</c>, of which only addresses and places are replaced.</summary>
internal sealed partial class Balancer : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    private readonly CapturedProcess _process;

    private Balancer(Product product, string folder, IReadOnlyList<int> nodes, int port)
    {
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(30) };
        var configuration = Path.Combine(folder, product.Configuration);
        var shipped = File.ReadAllText(Path.Combine(Repository.Root, "deploy", product.Configuration));
        File.WriteAllText(configuration, product.Configure(shipped, port, nodes));
        _process = new CapturedProcess(new ProcessStartInfo(product.Program, product.Arguments(configuration)));
    }

    /// <summary>What deploy/ has a configuration for.</summary>
    public static Product HaProxy { get; } = new(
        "/usr/sbin/haproxy",
        "haproxy.cfg",
        configuration => ["-db", "-f", configuration],
        (shipped, port, nodes) => HaProxyServers().Replace(
            shipped.Replace("127.0.0.1:8080", $"127.0.0.1:{port}", StringComparison.Ordinal),
            string.Concat(nodes.Select((node, index) => $"  server web{index + 1} 127.0.0.1:{node} check\n"))));

    /// <inheritdoc cref="HaProxy" />
    public static Product Nginx { get; } = new(
        "/usr/sbin/nginx",
        "nginx.conf",
        configuration => ["-c", configuration, "-g", "daemon off;"],
        (shipped, port, nodes) => NginxServers().Replace(
            shipped.Replace("127.0.0.1:8081", $"127.0.0.1:{port}", StringComparison.Ordinal)
                .Replace("/tmp/monolith-nginx", $"/tmp/monolith-nginx-{port}", StringComparison.Ordinal),
            string.Concat(nodes.Select(node => $"    server 127.0.0.1:{node} max_fails=1 fail_timeout=2s;\n"))));

    /// <summary>A client of the public address.</summary>
    public HttpClient Http { get; }

    /// <summary>What it has written so far.</summary>
    public string Output => _process.Output;

    /// <summary>Why there is no HAProxy here; null when there is.</summary>
    public static string? Missing => HaProxy.Missing;

    /// <summary>Starts it and waits until it finds a node ready.</summary>
    /// <param name="folder">For its configuration.</param>
    /// <param name="nodes">Ports of the web nodes on loopback.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="product">HAProxy, unless it says otherwise.</param>
    /// <param name="port">Where it listens; a free port unless it says otherwise.</param>
    public static async Task<Balancer> StartAsync(
        string folder, IReadOnlyList<int> nodes, CancellationToken cancellationToken, Product? product = null, int? port = null)
    {
        var balancer = new Balancer(product ?? HaProxy, folder, nodes, port ?? FreePort.Next());
        for (var waited = Stopwatch.StartNew(); !await balancer.ServesAsync(cancellationToken); await Task.Delay(50, cancellationToken))
        {
            if (balancer._process.HasExited || waited.Elapsed > _limit)
            {
                balancer.Dispose();
                throw new InvalidOperationException($"The balancer finds no node ready; it wrote:\n{balancer.Output}");
            }
        }

        return balancer;
    }

    public void Dispose()
    {
        var port = Http.BaseAddress!.Port; // It has one from the start.
        Http.Dispose();
        _process.Dispose();
        foreach (var left in Directory.GetDirectories("/tmp", $"monolith-nginx-{port}-*"))
        {
            Directory.Delete(left, recursive: true);
        }

        File.Delete($"/tmp/monolith-nginx-{port}.pid");
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

    [GeneratedRegex(@"(  server web.*\n?)+")]
    private static partial Regex HaProxyServers();

    [GeneratedRegex(@"(    server 127.*\n)+")]
    private static partial Regex NginxServers();

    /// <summary>A program and what it is told.</summary>
    internal sealed record Product(
        string Program, string Configuration, Func<string, string[]> Arguments, Func<string, int, IReadOnlyList<int>, string> Configure)
    {
        /// <summary>Why there is none here; null when there is.</summary>
        public string? Missing =>
            File.Exists(Program) ? null : $"{Path.GetFileName(Program)} is not installed (Debian: {Path.GetFileName(Program)}).";
    }
}
