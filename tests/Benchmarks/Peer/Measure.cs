using System.Globalization;
using Monolith.Benchmarks.Http;

namespace Monolith.Benchmarks.Peer;

/// <summary>Something that every application is asked to do.</summary>
/// <param name="Name">What it is called in the report.</param>
/// <param name="Connections">How many clients there are, each with a connection and one request at a time.</param>
/// <param name="Requests">What they send, line by line; the number makes the names of this round others than those before.</param>
internal sealed record Measure(string Name, int Connections, Func<Candidate, int, IEnumerable<string>> Requests)
{
    private const int Lines = 4096;

    private static int _last;

    /// <summary>Whether it changes something.</summary>
    public bool Writes { get; init; }

    /// <summary>Ours to the best of the others.</summary>
    public Goal? Goal { get; init; }

    /// <summary>For our processor time per request.</summary>
    public Goal? CpuGoal { get; init; }

    /// <summary>For our median time until an answer, against that of the slowest in a hundred.</summary>
    public Goal? TailGoal { get; init; }

    public override string ToString() => $"{Name}, {Connections} client{(Connections == 1 ? "" : "s")}";

    /// <summary>Each member's name changes each time. Who comes next is chance, the same for every application.</summary>
    public static IEnumerable<string> Updates(Candidate candidate, int number) => Updates(candidate, candidate.Members.Count, number);

    /// <summary>The same with one member alone.</summary>
    public static IEnumerable<string> HotUpdates(Candidate candidate, int number) => Updates(candidate, 1, number);

    /// <summary>Reads of other members.</summary>
    public static IEnumerable<string> Reads(Candidate candidate, int number) => candidate.Members.Select(
        (m, i) => $"GET {candidate.Path}/{candidate.Members[(i + 1) % candidate.Members.Count].Id} {m.Token}");

    /// <summary>Reads of the members' own data.</summary>
    public static IEnumerable<string> OwnReads(Candidate candidate, int number) =>
        candidate.Members.Select(m => $"GET {candidate.Own(m)} {m.Token}");

    /// <summary>Lets an application do it for a while.</summary>
    /// <exception cref="NotMeasuredException">It confirmed more than it did.</exception>
    public async Task<Load> RunAsync(Candidate candidate, string folder, int seconds, CancellationToken cancellationToken)
    {
        using var client = new PeerClient(candidate);
        var stored = Writes ? await client.VersionsAsync() : 0;
        var requests = Requests(candidate, Interlocked.Increment(ref _last)).ToList();
        var before = ProcessorTime.Of(candidate.ProcessId);
        var answers = await Wrk.MeasureAsync(candidate.Address, Connections, folder, requests, seconds, cancellationToken);
        var after = ProcessorTime.Of(candidate.ProcessId);
        stored = Writes ? await client.VersionsAsync() - stored : answers.Accepted + answers.Refused;
        if (answers.Accepted == 0 || stored < answers.Accepted)
        {
            throw new NotMeasuredException(string.Create(
                CultureInfo.InvariantCulture,
                $"{candidate.Name}, {this}: {answers.Accepted} requests accepted and {answers.Refused} refused, but {stored} done"));
        }

        return new Load(
            answers.Accepted / answers.Seconds, (double)answers.Refused / (answers.Accepted + answers.Refused), answers.Median, answers.P99,
            (after.Process - before.Process) / answers.Accepted, (after.Machine - before.Machine) / answers.Accepted);
    }

    private static IEnumerable<string> Updates(Candidate candidate, int members, int number)
    {
        var (chance, size) = (new Random(members), members);
        return Enumerable.Range(0, Lines).Select(i => (Line: i, Member: candidate.Members[chance.Next(size)])).Select(next =>
            $"PATCH {candidate.Own(next.Member)} {next.Member.Token} {{\"firstName\":\"Ada {number} {next.Line}\"}}");
    }
}
