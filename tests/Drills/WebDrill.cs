using System.Diagnostics;

namespace Monolith.Drills;

/// <summary>Kills one of two web nodes under load, behind a balancer: who repeats under a key notices nothing but a pause.</summary>
internal sealed class WebDrill(int rounds) : Drill
{
    private const int Visitors = 4;
    private const int Repeats = 80; // half a second each: longer than an idempotency record stays in progress after a crash, 30 s

    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(4);

    protected override async Task RunAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        if (Balancer.Missing is { } missing)
        {
            throw new InvalidOperationException(missing);
        }

        await using var ground = await PostgresGround.StartAsync();
        int[] ports = [FreePort.Next(), FreePort.Next()];
        Task<HostProcess> WebAsync(int port) =>
            HostProcess.StartAsync(Folder, [.. ground.Settings, "Roles=web", "TrustedProxies=127.0.0.1"], cancellationToken, port);
        using var worker = await HostProcess.StartAsync(Folder, [.. ground.Settings, "Roles=worker"], cancellationToken);
        var nodes = await Task.WhenAll(ports.Select(WebAsync));
        try
        {
            using var balancer = await Balancer.StartAsync(Folder, ports, cancellationToken);
            var visitors = Enumerable.Range(0, Visitors).Select(_ => new Visitor(ledger, repeats: Repeats)).ToList();
            foreach (var visitor in visitors)
            {
                await visitor.RegisterAsync(balancer.Http, cancellationToken);
                await visitor.LogInAsync(balancer.Http, cancellationToken);
            }

            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var visits = visitors.ConvertAll(v => v.VisitAsync(balancer.Http, end.Token));
            var watch = Stopwatch.StartNew();
            for (var round = 0; round < rounds && ledger.Faults.Count == 0; round++)
            {
                await Task.Delay(_calm * Random.Shared.NextDouble(), cancellationToken);
                var victim = Random.Shared.Next(nodes.Length);
                nodes[victim].Kill();
                await Task.Delay(_calm, cancellationToken);
                nodes[victim].Dispose();
                nodes[victim] = await WebAsync(ports[victim]);
                await Task.Delay(_calm, cancellationToken);
            }

            watch.Stop();
            await end.CancelAsync();
            await Task.WhenAll(visits.Select(Visitor.EndAsync));
            Print($"""
                kills           {rounds} in {watch.Elapsed:hh\:mm\:ss}, {ledger.Acknowledged} writes acknowledged meanwhile
                repeated        {ledger.Repeats} requests, under their keys
                """);
        }
        finally
        {
            Array.ForEach(nodes, n => n.Dispose());
        }

        worker.Kill();
        await AuditAsync(ledger, ground, enough: 20, cancellationToken);
    }
}
