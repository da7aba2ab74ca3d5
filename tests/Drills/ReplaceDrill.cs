using System.Diagnostics;

namespace Monolith.Drills;

/// <summary>
/// Replaces every node by a new one on an empty disk, one after the other, while people work: no user is signed out, no request fails, no
/// upload is lost.
/// </summary>
internal sealed class ReplaceDrill(int rounds) : Drill
{
    private const int Visitors = 4;
    private const int Repeats = 40; // More than none, so that what fails is seen and not only missed; none may be needed.

    // The balancer asks every second and believes the second answer.
    private const int DrainSeconds = 3;

    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(3);

    protected override async Task RunAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        if ((Balancer.Missing ?? RedisTestServer.Missing ?? CephTestServer.Missing) is { } missing)
        {
            throw new InvalidOperationException(missing);
        }

        await using var redis = await RedisTestServer.StartAsync();
        await using var ceph = await CephTestServer.StartAsync();
        await using var ground = await PostgresGround.StartAsync(
            $"Adapters:Blobs={ceph.Url(await ceph.CreateBucketAsync())}", $"Adapters:Cache={redis.Url()}",
            $"Adapters:Sessions={redis.Url()}", $"Adapters:Throttling={redis.Url()}");
        int[] ports = [FreePort.Next(), FreePort.Next()];
        var nodes = new HostProcess?[3];
        try
        {
            for (var node = 0; node < nodes.Length; node++)
            {
                nodes[node] = await StartAsync(node);
            }

            using var balancer = await Balancer.StartAsync(Folder, ports, cancellationToken);
            var visitors = Enumerable.Range(0, Visitors).Select(_ => new Visitor(ledger, repeats: Repeats)).ToList();
            foreach (var visitor in visitors)
            {
                await visitor.RegisterAsync(balancer.Http, cancellationToken);
                await visitor.LogInAsync(balancer.Http, cancellationToken);
            }

            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var visits = visitors.ConvertAll(v => v.VisitAsync(balancer.Http, end.Token));
            await Task.Delay(_calm, cancellationToken);
            var (watch, before) = (Stopwatch.StartNew(), ledger.Acknowledged);
            for (var i = 0; i < rounds * nodes.Length && ledger.Faults.Count == 0; i++)
            {
                var node = i % nodes.Length;
                var former = nodes[node]!; // Each was started above.
                Require(ledger, await former.StopAsync(cancellationToken) == 0, $"Node {node} did not end with 0:\n{former.Output}");
                Directory.Delete(former.Folder, recursive: true);
                former.Dispose();
                nodes[node] = await StartAsync(node);
                await Task.Delay(_calm, cancellationToken);
            }

            watch.Stop();
            await end.CancelAsync();
            await Task.WhenAll(visits.Select(Visitor.EndAsync));
            Require(ledger, ledger.Repeats == 0, $"{ledger.Repeats} requests failed and had to be repeated");
            Print($"""
                replaced        {rounds} times two web nodes and the worker, each by a new one on an empty disk, in {watch.Elapsed:mm\:ss}
                meanwhile       {ledger.Acknowledged - before} writes acknowledged, {ledger.Repeats} requests failed, no user signed out
                """);
        }
        finally
        {
            Array.ForEach(nodes, n => n?.Dispose());
        }

        await AuditAsync(ledger, ground, enough: 20, cancellationToken);

        // The third is the worker, which no client asks.
        async Task<HostProcess> StartAsync(int node)
        {
            var folder = Directory.CreateTempSubdirectory("monolith-node-").FullName;
            return await HostProcess.StartAsync(
                folder,
                [
                    .. ground.Settings, $"Roles={(node < ports.Length ? "web" : "worker")}", "TrustedProxies=127.0.0.1",
                    $"Limits:DrainSeconds={DrainSeconds}"],
                cancellationToken, node < ports.Length ? ports[node] : null);
        }
    }
}
