using System.Diagnostics;
using System.Net;

namespace Monolith.Drills;

/// <summary>
/// Takes the database away for a while, under two hosts at work: what needs it is refused at once, what does not goes on, and no host is
/// restarted.
/// </summary>
internal sealed class DatabaseDrill(TimeSpan away) : Drill
{
    private const int Visitors = 4;

    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan _longestRefusal = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _longestRecovery = TimeSpan.FromSeconds(60);

    private int _pictures;

    protected override async Task RunAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        await using var ground = await PostgresGround.StartAsync();
        var hosts = await Task.WhenAll(
            Enumerable.Range(0, ground.Nodes).Select(_ => HostProcess.StartAsync(Folder, ground.Settings, cancellationToken)));
        try
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var visits = Enumerable.Range(0, Visitors).Select(i => new Visitor(ledger).VisitAsync(hosts[i % hosts.Length].Http, end.Token))
                .ToList();
            await Task.Delay(_calm, cancellationToken);
            var before = ledger.Acknowledged;
            var recovery = await InterruptAsync(ground, hosts, ledger, cancellationToken);
            var during = ledger.Acknowledged;
            await Task.Delay(_calm, cancellationToken);
            await end.CancelAsync();
            await Task.WhenAll(visits.Select(Visitor.EndAsync));

            Require(ledger, !ledger.Refusals.IsEmpty, "Nothing was refused while the database was unavailable");
            Require(ledger, ledger.Refusals.All(r => r < _longestRefusal), $"A refusal took {ledger.Refusals.Max()}");
            Require(ledger, ledger.Acknowledged > during, "Nothing was acknowledged after the database came back");
            Print($"""
                unavailable     {away.TotalSeconds} s, after {before} acknowledged writes
                refused         {ledger.Refusals.Count} requests with 503 and Retry-After: {Sum(ledger.Refusals)}
                without it      {_pictures} pictures delivered meanwhile
                recovered       {recovery.TotalMilliseconds:F0} ms after it answered again, without a restart
                since then      {ledger.Acknowledged - during} writes
                """);
            foreach (var code in await Task.WhenAll(hosts.Select(h => h.StopAsync(cancellationToken))))
            {
                Require(ledger, code == 0, $"A host ended with {code}");
            }
        }
        finally
        {
            Array.ForEach(hosts, h => h.Dispose());
        }

        await AuditAsync(ledger, ground, enough: 20, cancellationToken);
    }

    /// <returns>From its first answer until every host was ready again.</returns>
    private async Task<TimeSpan> InterruptAsync(
        PostgresGround ground, HostProcess[] hosts, Ledger ledger, CancellationToken cancellationToken)
    {
        var picture = await PictureAsync(ledger, hosts[0].Http, cancellationToken);
        ledger.ExpectsRefusals = true;
        ground.Server.Kill();
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < away; await Task.Delay(100, cancellationToken))
        {
            foreach (var host in hosts)
            {
                await AnswersAsync(host, picture, HttpStatusCode.OK, ledger, cancellationToken);
                await AnswersAsync(host, "/health/live", HttpStatusCode.OK, ledger, cancellationToken);
                _pictures++;
            }
        }

        await Task.WhenAll(
            hosts.Select(h => AnswersAsync(h, "/health/ready", HttpStatusCode.ServiceUnavailable, ledger, cancellationToken)));
        await ground.Server.RestartAsync();
        var start = Stopwatch.GetTimestamp();
        foreach (var host in hosts)
        {
            await ReadyAsync(host, cancellationToken);
        }

        var recovery = Stopwatch.GetElapsedTime(start);

        // A request that was sent while it was unavailable may still be on its way to its refusal.
        await Task.Delay(_longestRefusal / 4, cancellationToken);
        ledger.ExpectsRefusals = false;
        return recovery;
    }

    private static async Task<string> PictureAsync(Ledger ledger, HttpClient http, CancellationToken cancellationToken)
    {
        for (
            var start =
                Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < _longestRecovery; await Task.Delay(100, cancellationToken))
        {
            foreach (var account in ledger.Accounts.Where(a => a is { Token: not null, HasPhotos: true }))
            {
                if (await new ApiAudit(ledger, http, cancellationToken).FirstVariantAsync(account) is { } url)
                {
                    return url;
                }
            }
        }

        throw new TimeoutException("No picture was made in time.");
    }

    private static async Task AnswersAsync(
        HostProcess host, string path, HttpStatusCode expected, Ledger ledger, CancellationToken cancellationToken)
    {
        using var answer = await host.Http.GetAsync(path, cancellationToken);
        Require(ledger, answer.StatusCode == expected, $"{path} answered {(int)answer.StatusCode} while the database was unavailable");
    }

    private static async Task ReadyAsync(HostProcess host, CancellationToken cancellationToken)
    {
        for (
            var start =
                Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < _longestRecovery; await Task.Delay(20, cancellationToken))
        {
            using var answer = await host.Http.GetAsync("/health/ready", cancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                return;
            }
        }

        throw new TimeoutException(
            $"A host was not ready {_longestRecovery.TotalSeconds} s after its database was back; it wrote:\n{host.Output}");
    }
}
