using System.Runtime.CompilerServices;

namespace Monolith.Benchmarks.Peer;

/// <summary>The same three use cases in other applications, measured beside ours over HTTP.</summary>
internal static class PeerLines
{
    private const string Group = "peer";
    private const int Many = 32;

    // Which of the measures has all clients at one user; the first has the same clients at many.
    private const int Hot = 2;

    // The compiler comes to rest only after some seconds of load.
    private const int WarmUps = 2;

    private static readonly Goal _updateCpu = new(AtMost: 200);
    private static readonly Goal _readCpu = new(AtMost: 45);

    public static async IAsyncEnumerable<Line> RunAsync(Context run)
    {
        using var interrupt = new Interrupt();
        var lines = new List<Line>();
        var stores = new List<(string Name, Func<Task<Grounds>> OpenAsync, IReadOnlyList<Measure> Measures)>
        {
            ("embedded", Grounds.OnDiskAsync, Measures(update: 2.5, single: 0.8, read: 1.3, tail: new Goal(Ratio: 0.25))),
            ("PostgreSQL", Grounds.OnPostgresAsync, Measures(update: 2.5, single: 1.2, read: 1.8, tail: null)),
        };
        if (PostgresTestServer.Missing is { } missing)
        {
            Console.Error.WriteLine(missing);
            stores.RemoveAt(1);
        }

        foreach (var (name, openAsync, measures) in stores)
        {
            await foreach (var line in RunAsync(run, openAsync, name, measures, interrupt.Token))
            {
                lines.Add(line);
                yield return line;
            }
        }

        PeerTable.Print(lines);
    }

    private static IReadOnlyList<Measure> Measures(double update, double single, double read, Goal? tail) =>
    [
        new("update", Many, Measure.Updates)
        {
            Writes = true, Goal = new Goal(Ratio: update), CpuGoal = _updateCpu, TailGoal = tail,
        },
        new("update", 1, Measure.Updates) { Writes = true, Goal = new Goal(Ratio: single) },
        new("hot user", Many, Measure.HotUpdates) { Writes = true },
        new("read by id", Many, Measure.Reads) { Goal = new Goal(Ratio: read), CpuGoal = _readCpu },
        new("own profile", Many, Measure.OwnReads) { Goal = new Goal(Ratio: read), CpuGoal = _readCpu },
    ];

    private static async IAsyncEnumerable<Line> RunAsync(
        Context run, Func<Task<Grounds>> openAsync, string store, IReadOnlyList<Measure> measures,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await using var grounds = await UntilInterruptedAsync(openAsync, cancellationToken);
        foreach (var candidate in grounds.Candidates)
        {
            await UntilInterruptedAsync(() => PeerContract.CheckAsync(candidate), cancellationToken);
        }

        foreach (var candidate in grounds.Candidates)
        {
            foreach (var measure in measures)
            {
                await MeasureAsync(measure, candidate, WarmUps * run.Seconds);
            }
        }

        var ours = new List<Load>();
        foreach (var measure in measures)
        {
            var rounds = await run.Rounds.InTurnsAsync(
                [.. grounds.Candidates.Select<Candidate, Func<Task<Load>>>(c => () => MeasureAsync(measure, c, run.Seconds))]);
            var standings = Standing.Of([.. grounds.Candidates.Select(c => c.Name)], rounds);
            ours.Add(standings[0].Load);
            foreach (var line in LinesOf(measure, store, standings))
            {
                yield return line;
            }
        }

        var (usual, hot) = (ours[0], ours[Hot]);
        yield return new Line(
            Group, $"{store}, {measures[Hot].Name} to many", "/s", hot.Rate, usual.Rate, hot.Rate / usual.Rate,
            $"ours on {Candidate.Users} users")
        {
            Goal = new Goal(Ratio: 0.5),
            Also = new Dictionary<string, double> { ["refused, %"] = 100 * hot.Refused },
        };

        Task<Load> MeasureAsync(Measure measure, Candidate candidate, int seconds) => UntilInterruptedAsync(
            () => measure.RunAsync(candidate, grounds.Folder, seconds, cancellationToken), cancellationToken);
    }

    // Ctrl-C reaches the servers too: what fails because one of them has ended is no fault of an application.
    private static async Task<T> UntilInterruptedAsync<T>(Func<Task<T>> runAsync, CancellationToken cancellationToken)
    {
        try
        {
            return await runAsync();
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private static IEnumerable<Line> LinesOf(Measure measure, string store, IReadOnlyList<Standing> standings)
    {
        var (ours, best) = (standings[0], standings.Skip(1).MaxBy(s => s.Load.Rate)!); // There is always another.
        yield return new Line(Group, $"{store}, {measure}", "/s", ours.Load.Rate, best.Load.Rate, ours.OursToIt, best.Name)
        {
            Goal = measure.Goal,
            Standings = standings,
            Also = standings.Skip(1).Where(s => s != best).ToDictionary(s => s.Name, s => s.Load.Rate),
        };
        yield return new Line(
            Group, $"{store}, {measure}, cpu", "µs", ours.Load.Cpu, best.Load.Cpu, best.Load.Cpu / ours.Load.Cpu, best.Name)
        {
            Goal = measure.CpuGoal,
            Also = standings.Skip(1).Where(s => s != best).ToDictionary(s => s.Name, s => s.Load.Cpu),
        };
        yield return new Line(
            Group, $"{store}, {measure}, p99", "ms", ours.Load.P99, ours.Load.P50, ours.Load.P50 / ours.Load.P99, "our median")
        {
            Goal = measure.TailGoal,
            Also = standings.Skip(1).ToDictionary(s => s.Name, s => s.Load.P99),
        };
    }
}
