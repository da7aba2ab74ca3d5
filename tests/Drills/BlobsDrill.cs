using System.Diagnostics;
using System.Net;

namespace Monolith.Drills;

/// <summary>
/// Takes the object store away for a while, under a host at work: uploads are refused, everything else goes on, and no picture is lost.
/// </summary>
internal sealed class BlobsDrill(TimeSpan away) : Drill
{
    private const int Visitors = 4;

    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan _longestRecovery = TimeSpan.FromSeconds(60);

    protected override async Task RunAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        if (CephTestServer.Missing is { } missing)
        {
            throw new InvalidOperationException(missing);
        }

        await using var server = await CephTestServer.StartAsync();
        await using var ground = new EmbeddedGround(
            Folder, [$"Adapters:Blobs={server.Url(await server.CreateBucketAsync(), "&timeout=2s")}"]);
        using (var host = await HostProcess.StartAsync(Folder, ground.Settings, cancellationToken))
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var visits = Enumerable.Range(0, Visitors).Select(_ => new Visitor(ledger).VisitAsync(host.Http, end.Token)).ToList();
            await Task.Delay(_calm, cancellationToken);

            var before = ledger.Acknowledged;
            ledger.ExpectsRefusals = true;
            server.KillGateway();
            await Task.Delay(away, cancellationToken);
            var during = ledger.Acknowledged;
            await IsAsync(host, "Degraded", cancellationToken);
            await server.StartGatewayAsync();
            var start = Stopwatch.GetTimestamp();
            await IsAsync(host, "Healthy", cancellationToken);
            var recovery = Stopwatch.GetElapsedTime(start);
            await Task.Delay(_calm / 2, cancellationToken); // What was sent meanwhile may still be on its way to its refusal.
            ledger.ExpectsRefusals = false;
            var after = ledger.Acknowledged;
            await Task.Delay(_calm, cancellationToken);
            await end.CancelAsync();
            await Task.WhenAll(visits.Select(Visitor.EndAsync));

            Require(ledger, !ledger.Refusals.IsEmpty, "No upload was refused while the object store was unavailable");
            Require(ledger, during > before, "Nothing was acknowledged while the object store was unavailable");
            Require(ledger, ledger.Acknowledged > after, "Nothing was acknowledged after it came back");
            Require(ledger, await host.StopAsync(cancellationToken) == 0, "The host did not end with 0");
            Print($"""
                unavailable     {away.TotalSeconds} s, after {before} acknowledged writes; {during - before} more while it was
                refused         {ledger.Refusals.Count} uploads with 503 and Retry-After: {Sum(ledger.Refusals)}
                recovered       {recovery.TotalMilliseconds:F0} ms after it answered again, without a restart
                """);
        }

        await AuditAsync(ledger, ground, enough: 20, cancellationToken);
    }

    // Without the object store everything else goes on, so the host stays in service and says what is wrong.
    private static async Task IsAsync(HostProcess host, string status, CancellationToken cancellationToken)
    {
        var last = "";
        for (
            var start =
                Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < _longestRecovery; await Task.Delay(50, cancellationToken))
        {
            using var answer = await host.Http.GetAsync("/health/ready", cancellationToken);
            last = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (answer.StatusCode == HttpStatusCode.OK && last.Contains($"\"status\":\"{status}\"", StringComparison.OrdinalIgnoreCase)
                && (status == "Healthy") != last.Contains("Degraded", StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
        }

        throw new TimeoutException($"/health/ready did not become {status}; it says {last}");
    }
}
