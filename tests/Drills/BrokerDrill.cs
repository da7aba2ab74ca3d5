using System.Diagnostics;
using System.Net;

namespace Monolith.Drills;

/// <summary>
/// Kills the broker between a web node and two workers, again and again: uploads go on being acknowledged, and each variant is made once.
/// </summary>
internal sealed class BrokerDrill(int rounds) : Drill
{
    private const int Visitors = 4;

    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan _outage = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _longestRecovery = TimeSpan.FromSeconds(60);

    protected override async Task RunAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        await using var broker = await StartBrokerAsync();
        await using var ground = await PostgresGround.StartAsync($"Adapters:Queue={broker.Url()}");
        var (during, recoveries) = (0, new List<TimeSpan>());
        using (var web = await HostProcess.StartAsync(Folder, [.. ground.Settings, "Roles=web"], cancellationToken))
        using (var worker = await HostProcess.StartAsync(Folder, [.. ground.Settings, "Roles=worker"], cancellationToken))
        using (var another = await HostProcess.StartAsync(Folder, [.. ground.Settings, "Roles=worker"], cancellationToken))
        {
            HostProcess[] hosts = [web, worker, another];
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var visits = Enumerable.Range(0, Visitors).Select(_ => new Visitor(ledger).VisitAsync(web.Http, end.Token)).ToList();
            for (var round = 0; round < rounds && ledger.Faults.Count == 0; round++)
            {
                await Task.Delay(_calm, cancellationToken);
                await broker.KillAsync();
                var before = ledger.Acknowledged;
                await Task.Delay(_outage, cancellationToken);
                await Task.WhenAll(hosts.Select(host => QueueIsAsync(host, "Degraded", cancellationToken)));
                during += ledger.Acknowledged - before;
                await broker.RestartAsync();
                var start = Stopwatch.GetTimestamp();
                await Task.WhenAll(hosts.Select(host => QueueIsAsync(host, "Healthy", cancellationToken)));
                recoveries.Add(Stopwatch.GetElapsedTime(start));
            }

            await Task.Delay(_calm, cancellationToken);
            await end.CancelAsync();
            await Task.WhenAll(visits.Select(Visitor.EndAsync));
            foreach (var host in hosts)
            {
                Require(ledger, await host.StopAsync(cancellationToken) == 0, "A host did not end with 0");
            }
        }

        Require(ledger, during >= rounds * 10, "Hardly anything was acknowledged while the broker was unavailable");
        await AuditAsync(ledger, ground, enough: rounds * 20, cancellationToken);
        Print($"""
            kills           {rounds}, each {_outage.TotalSeconds} s long; {during} writes acknowledged meanwhile
            recovered       after the broker answered again, without a restart: {Sum(recoveries)}
            """);
    }

    /// <exception cref="InvalidOperationException">RabbitMQ is not installed, or does not start.</exception>
    public static async Task<RabbitTestServer> StartBrokerAsync() =>
        RabbitTestServer.Missing is { } missing ? throw new InvalidOperationException(missing) : await RabbitTestServer.StartAsync();

    // Without the broker everything goes on, so each node stays in service and says what is wrong.
    private static async Task QueueIsAsync(HostProcess host, string status, CancellationToken cancellationToken)
    {
        var last = "";
        for (
            var start =
                Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < _longestRecovery; await Task.Delay(50, cancellationToken))
        {
            using var answer = await host.Http.GetAsync("/health/ready", cancellationToken);
            last = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (answer.StatusCode == HttpStatusCode.OK && last.Contains($"\"queue\":\"{status}\"", StringComparison.Ordinal))
            {
                return;
            }
        }

        throw new TimeoutException($"/health/ready did not say of the queue that it is {status}; it says {last}");
    }
}
