using System.Globalization;
using System.Runtime.InteropServices;
using Monolith.Benchmarks;
using Monolith.Benchmarks.Adapters;
using Monolith.Benchmarks.Http;
using Monolith.Benchmarks.Kernel;
using Monolith.Benchmarks.Peer;
using Monolith.Benchmarks.Postgres;

const int Failed = 1;
const int Usage = 64;
const int Interrupted = 130;

var groups = new Dictionary<string, Func<Context, IAsyncEnumerable<Line>>>
{
    ["kernel"] = run => KernelLines.RunAsync(run.Rounds),
    ["follow"] = run => FollowLines.RunAsync(run.FewRounds),
    ["http"] = run => HttpLines.RunAsync(run.Rounds),
    ["contention"] = run => ContentionLines.RunAsync(run.Rounds),
    ["cpu"] = run => CpuAsync(run),
    ["postgres"] = run => PostgresLines.RunAsync(run.Rounds),
    ["adapters"] = run => AdapterLines.RunAsync(run),
    ["jobs"] = run => JobLines.RunAsync(run.FewRounds),
    ["start"] = run => StartLines.RunAsync(run),
    ["images"] = run => ImageLines.RunAsync(run.FewRounds),
    ["grow"] = run => GrowLines.RunAsync(run),
    ["peer"] = run => PeerLines.RunAsync(run),
};

// What needs applications that are no part of the product runs only where it is asked for.
string[] usual = [.. groups.Keys.Where(g => g != "peer")];

// The server that is measured from the outside is this program too.
if (args is ["serve", var folder, ..])
{
    return await Serving.RunAsync(folder, args[2..]);
}

var (wanted, count, seconds, path) = (new List<string>(), 5, 4, (string?)null);
for (var i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "all":
            wanted.AddRange(usual);
            break;
        case "--rounds" when i + 1 < args.Length && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var n)
            && n is >= 1 and <= 99:
            (count, i) = (n, i + 1);
            break;
        case "--seconds" when i + 1 < args.Length && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var n)
            && n is >= 1 and <= 600:
            (seconds, i) = (n, i + 1);
            break;
        case "--json" when i + 1 < args.Length:
            path = args[++i];
            break;
        case var group when groups.ContainsKey(group):
            wanted.Add(group);
            break;
        default:
            Console.Error.WriteLine(
                $"eng/bench does not know {args[i]}. It takes: {string.Join(' ', groups.Keys)} all, --rounds 1-99, --seconds 1-600, "
                    + "--json FILE");
            return Usage;
    }
}

Scratch.Sweep();
var at = TimeProvider.System.GetUtcNow();
var lines = new List<Line>();
await using var context = new Context(count, seconds);
Report.PrintHead();
try
{
    foreach (var group in (wanted.Count > 0 ? wanted : [.. usual]).Distinct())
    {
        await foreach (var line in groups[group](context))
        {
            Report.Print(line);
            lines.Add(line);
        }
    }
}
catch (OperationCanceledException)
{
    return Interrupted;
}
catch (NotMeasuredException error)
{
    Console.Error.WriteLine(error.Message);
    return Failed;
}

if (path is not null)
{
    await new Report(at, RuntimeInformation.OSDescription, Environment.ProcessorCount, count, lines).WriteAsync(path);
}

// Figures are for reading: a goal that was missed on a busy machine is no failure of the program.
return 0;

static async IAsyncEnumerable<Line> CpuAsync(Context run)
{
    await foreach (var line in HttpLines.RunAsync(run.Rounds, isCpu: true))
    {
        yield return line;
    }

    await foreach (var line in JobLines.RunAsync(run.FewRounds, isCpu: true))
    {
        yield return line;
    }
}
