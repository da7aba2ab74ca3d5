using System.Globalization;

namespace Monolith.Benchmarks.Peer;

/// <summary>Everything that was measured, application by application.</summary>
internal static class PeerTable
{
    private const int Width = 46;

    public static void Print(IEnumerable<Line> lines)
    {
        var output = Console.Out;
        output.WriteLine();
        output.WriteLine(
            $"{"medians of the rounds",-Width} {"accepted/s",10} {"refused",8} {"p50 ms",7} {"p99 ms",7} "
                + $"{"its µs",7} {"all µs",7} {"ours / it",9}");
        foreach (var line in lines.Where(l => l.Standings is not null))
        {
            output.WriteLine(line.Name);
            foreach (var (name, load, ratio) in line.Standings!) // Looked for above.
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{"  " + name,-Width} {load.Rate,10:#,0} {load.Refused,8:0.0%} {load.P50,7:0.00} {load.P99,7:0.0} "
                        + $"{load.Cpu,7:#,0} {load.MachineCpu,7:#,0} {ratio,9:0.00}"));
            }
        }

        output.WriteLine();
        output.WriteLine(Differences);
    }

    /// <summary>What the figures have to be read with.</summary>
    private const string Differences =
        """
        ours / it: accepted requests of ours to those of the others, in the first line of each to the best of them.
        its µs, all µs: processor time per accepted request, of the application's process and of the whole machine.
        Ours has on: sessions and authorization, idempotency keys, limits, sealed personal fields, hash chain, log positions without gaps,
        subscriptions, metrics, and a second decision after a conflict. The others have none of these: they know no caller, and refuse (409)
        what met another update.
        Marten, both: inline snapshot, Quick append, prepared statements, Wolverine without inbox and outbox. Node.js: one thread, a row and
        an event in a transaction of its own, WAL with synchronous=FULL. None of the others hashes the password of a registration.
        """;
}
