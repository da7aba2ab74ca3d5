using System.Diagnostics;
using System.Globalization;
using Monolith.EndToEnd.Tests;

namespace Monolith.Drills;

/// <summary>Kills the host again and again in the middle of its work, and looks what is left of what it acknowledged.</summary>
internal sealed class KillDrill(int rounds)
{
    private const int Visitors = 4;
    private const int LongestLife = 1_500; // milliseconds from ready to the kill

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-drill-").FullName;
    private readonly List<TimeSpan> _starts = [];
    private int _killedStarts;

    /// <returns>Whether nothing was lost, doubled or left undone.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        using var ledger = new Ledger(Path.Combine(_folder, "acknowledged"));
        var visitors = Enumerable.Range(0, Visitors).Select(_ => new Visitor(ledger)).ToList();
        var watch = Stopwatch.StartNew();
        for (var round = 1; round <= rounds && ledger.Faults.Count == 0; round++)
        {
            await KillOnceAsync(visitors, cancellationToken);
            if (round % 10 == 0)
            {
                Console.WriteLine(Line($"{round} kills, {ledger.Acknowledged} writes acknowledged, {ledger.Faults.Count} faults, {watch.Elapsed:mm\\:ss}"));
            }
        }

        await AuditAsync(ledger, cancellationToken);
        Console.WriteLine(Line($"took            {watch.Elapsed:mm\\:ss}"));
        Console.WriteLine(ledger.Faults.Count == 0 ? "PASS" : $"FAIL; the data and the list of what was acknowledged are in {_folder}");
        if (ledger.Faults.Count == 0)
        {
            ledger.Dispose();
            Directory.Delete(_folder, recursive: true);
        }

        return ledger.Faults.Count == 0;
    }

    private async Task KillOnceAsync(List<Visitor> visitors, CancellationToken cancellationToken)
    {
        if (Random.Shared.Next(10) == 0)
        {
            // While it starts: that is when it repairs what the kill before has left.
            using var starting = HostProcess.Launch(_folder, []);
            await Task.Delay(Random.Shared.Next(LongestLife), cancellationToken);
            starting.Kill();
            _killedStarts++;
            return;
        }

        using var host = await StartAsync(cancellationToken);
        var visits = visitors.ConvertAll(v => v.VisitAsync(host.Http, cancellationToken));
        await Task.Delay(Random.Shared.Next(LongestLife), cancellationToken);
        host.Kill();
        await Task.WhenAll(visits);
    }

    private async Task<HostProcess> StartAsync(CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var host = await HostProcess.StartAsync(_folder, [], cancellationToken);
        _starts.Add(Stopwatch.GetElapsedTime(start));
        return host;
    }

    private async Task AuditAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        ApiAudit api;
        using (var host = await StartAsync(cancellationToken))
        {
            api = new ApiAudit(ledger, host.Http, cancellationToken);
            await api.RunAsync();
            if (await host.StopAsync(cancellationToken) is var code and not 0)
            {
                ledger.Fault($"The last host ended with {code}:\n{host.Output}");
            }
        }

        var store = new StoreAudit(ledger, Path.Combine(_folder, "data", "store.db"));
        await store.RunAsync(cancellationToken);
        Report(ledger, api, store);
    }

    private void Report(Ledger ledger, ApiAudit api, StoreAudit store)
    {
        var sorted = _starts.Order().ToList();
        TimeSpan Percentile(double part) => sorted[(int)Math.Ceiling(part * sorted.Count) - 1];
        Console.WriteLine(Line($"""
            kills           {rounds}, {_killedStarts} of them during the start
            acknowledged    {ledger.Acknowledged} writes; {ledger.Unanswered} more were not answered
            users           {ledger.Accounts.Count(a => a.IsRegistered)}
            photos ready    {api.Ready.Photos}, with {api.Ready.Variants} variants
            jobs finalised  {store.Jobs}, each once
            events          {store.Events}, without a gap, their chains whole
            start to ready  median {Percentile(0.5).TotalMilliseconds:F0} ms, p95 {Percentile(0.95).TotalMilliseconds:F0} ms, longest {sorted[^1].TotalMilliseconds:F0} ms
            faults          {ledger.Faults.Count}
            """));
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
