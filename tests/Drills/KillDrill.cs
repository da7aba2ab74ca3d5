using System.Diagnostics;
using System.Globalization;
using Monolith.EndToEnd.Tests;

namespace Monolith.Drills;

/// <summary>Kills hosts again and again in the middle of their work, and looks what is left of what they acknowledged.</summary>
/// <remarks>Where there are several, one is killed at a time, and the others go on writing while it starts again.</remarks>
internal sealed class KillDrill(int rounds, Func<string, Task<Ground>> stand)
{
    private const int Visitors = 4;
    private const int MostWrites = 25; // from ready to the kill: counted in what was acknowledged, so that a slow machine is killed in its work too

    private static readonly TimeSpan _longestLife = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _longestStart = TimeSpan.FromSeconds(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-drill-").FullName;
    private readonly List<TimeSpan> _starts = [];
    private int _killedStarts;

    /// <returns>Whether nothing was lost, doubled or left undone.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var isKept = true;
        try
        {
            using var ledger = new Ledger(Path.Combine(_folder, "acknowledged"));
            await RunAsync(ledger, cancellationToken);
            isKept = ledger.Faults.Count > 0;
            Console.WriteLine(isKept ? $"FAIL; the data and the list of what was acknowledged are in {_folder}" : "PASS");
            return !isKept;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            isKept = false;
            throw;
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or HttpRequestException)
        {
            Console.WriteLine($"FAULT: {e.Message}\nFAIL; the data and the list of what was acknowledged are in {_folder}");
            return false;
        }
        finally
        {
            if (!isKept)
            {
                Directory.Delete(_folder, recursive: true);
            }
        }
    }

    private async Task RunAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        await using var ground = await stand(_folder);
        var watch = Stopwatch.StartNew();
        await KillAsync(ledger, ground, watch, cancellationToken);
        await AuditAsync(ledger, ground, cancellationToken);
        Console.WriteLine(Line($"took            {watch.Elapsed:hh\\:mm\\:ss}"));
    }

    private async Task KillAsync(Ledger ledger, Ground ground, Stopwatch watch, CancellationToken cancellationToken)
    {
        var nodes = Enumerable.Range(0, ground.Nodes)
            .Select(_ => new Node(_folder, ground.Settings, [.. Enumerable.Range(0, Visitors / ground.Nodes).Select(_ => new Visitor(ledger))])).ToList();
        try
        {
            for (var round = 1; round <= rounds && ledger.Faults.Count == 0; round++)
            {
                await KillOnceAsync(ledger, ground, nodes, cancellationToken);
                if (round % 10 == 0)
                {
                    Console.WriteLine(Line($"{round} kills, {ledger.Acknowledged} writes acknowledged, {ledger.Faults.Count} faults, {watch.Elapsed:hh\\:mm\\:ss}"));
                }
            }
        }
        finally
        {
            await Task.WhenAll(nodes.Select(n => n.KillAsync()));
        }
    }

    private async Task KillOnceAsync(Ledger ledger, Ground ground, List<Node> nodes, CancellationToken cancellationToken)
    {
        var victim = nodes[Random.Shared.Next(nodes.Count)];
        if (Random.Shared.Next(10) == 0)
        {
            // While it starts: that is when it repairs what the kill before has left.
            await victim.KillAsync();
            using var starting = HostProcess.Launch(_folder, ground.Settings);
            await Task.Delay(Random.Shared.NextDouble() * _longestStart, cancellationToken);
            starting.Kill();
            _killedStarts++;
            return;
        }

        foreach (var node in nodes.Where(n => !n.IsUp))
        {
            _starts.Add(await node.StartAsync(cancellationToken));
        }

        await LiveAsync(ledger, cancellationToken);
        await victim.KillAsync();
    }

    private static async Task LiveAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        var (start, enough) = (Stopwatch.GetTimestamp(), ledger.Acknowledged + Random.Shared.Next(MostWrites));
        do
        {
            // A fraction of a request, so that the kill does not follow each time right upon an answer.
            await Task.Delay(Random.Shared.Next(1, 20), cancellationToken);
        }
        while (ledger.Acknowledged < enough && Stopwatch.GetElapsedTime(start) < _longestLife);
    }

    private async Task AuditAsync(Ledger ledger, Ground ground, CancellationToken cancellationToken)
    {
        ApiAudit api;
        using (var host = await HostProcess.StartAsync(_folder, ground.Settings, cancellationToken))
        {
            api = new ApiAudit(ledger, host.Http, cancellationToken);
            await api.RunAsync();
            if (await host.StopAsync(cancellationToken) is var code and not 0)
            {
                ledger.Fault($"The last host ended with {code}:\n{host.Output}");
            }
        }

        // Chains, and every state document and view against a rebuild from its stream.
        using (var verify = HostProcess.Run(_folder, ["verify", .. ground.Settings]))
        {
            if (await verify.ExitAsync(cancellationToken) is var code and not 0)
            {
                ledger.Fault($"verify ended with {code}:\n{verify.Output}");
            }
        }

        var store = new StoreAudit(ledger, ground);
        await store.RunAsync(cancellationToken);
        if (store.Jobs == 0 || ledger.Acknowledged < rounds)
        {
            ledger.Fault("Too little was done for this to prove anything; is the machine overloaded?");
        }

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
            jobs            {store.Jobs}
            events          {store.Events}
            start to ready  median {Percentile(0.5).TotalMilliseconds:F0} ms, p95 {Percentile(0.95).TotalMilliseconds:F0} ms, longest {sorted[^1].TotalMilliseconds:F0} ms
            faults          {ledger.Faults.Count}
            """));
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
