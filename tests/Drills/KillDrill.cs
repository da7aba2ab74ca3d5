using System.Diagnostics;

namespace Monolith.Drills;

/// <summary>Kills hosts again and again in the middle of their work, and looks what is left of what they acknowledged.</summary>
/// <remarks>Where there are several, one is killed at a time, and the others go on writing while it starts again.</remarks>
internal sealed class KillDrill(int rounds, Func<string, Task<Ground>> stand) : Drill
{
    private const int Visitors = 4;
    // from ready to the kill: counted in what was acknowledged, so that a slow machine is killed in its work too
    private const int MostWrites = 25;

    private static readonly TimeSpan _longestLife = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _longestStart = TimeSpan.FromSeconds(1);

    private readonly List<TimeSpan> _starts = [];
    private int _killedStarts;

    protected override async Task RunAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        await using var ground = await stand(Folder);
        var watch = Stopwatch.StartNew();
        await KillAsync(ledger, ground, watch, cancellationToken);
        await AuditAsync(ledger, ground, enough: rounds, cancellationToken);
        Print($"""
            kills           {rounds}, {_killedStarts} of them during the start
            start to ready  {Sum(_starts)}
            took            {watch.Elapsed:hh\:mm\:ss}
            """);
    }

    private async Task KillAsync(Ledger ledger, Ground ground, Stopwatch watch, CancellationToken cancellationToken)
    {
        var nodes = Enumerable.Range(0, ground.Nodes)
            .Select(
                _ => new Node(
                    Folder, ground.Settings, [.. Enumerable.Range(0, Visitors / ground.Nodes).Select(_ => new Visitor(ledger))])).ToList();
        try
        {
            for (var round = 1; round <= rounds && ledger.Faults.Count == 0; round++)
            {
                await KillOnceAsync(ledger, ground, nodes, cancellationToken);
                if (round % 10 == 0)
                {
                    var (kills, writes, faults) = (round, ledger.Acknowledged, ledger.Faults.Count);
                    Print($"{kills} kills, {writes} writes acknowledged, {faults} faults, {watch.Elapsed:hh\\:mm\\:ss}");
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
            using var starting = HostProcess.Launch(Folder, ground.Settings);
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
}
