namespace Monolith.Benchmarks.Peer;

/// <summary>What one application did in one round.</summary>
/// <param name="Rate">Accepted requests per second.</param>
/// <param name="Refused">Share of all requests, 0 to 1.</param>
/// <param name="P50">Time until the answer, ms: the median.</param>
/// <param name="P99">Time until the answer, ms: one in a hundred took longer.</param>
/// <param name="Cpu">Processor time of the application's process per accepted request, µs.</param>
/// <param name="MachineCpu">
/// The same of the whole machine: kernel, database, load generator and what else runs on it; null where it cannot be told.
/// </param>
internal sealed record Load(double Rate, double Refused, double P50, double P99, double Cpu, double? MachineCpu);

/// <summary>Medians of the rounds.</summary>
/// <param name="Name">Of the application.</param>
/// <param name="Load">Each figure by itself.</param>
/// <param name="OursToIt">
/// Ours by its accepted requests per second, the median of the rounds' ratios; beside ours stands the ratio to the best of the others.
/// </param>
internal sealed record Standing(string Name, Load Load, double OursToIt)
{
    /// <summary>Sums up the rounds; ours is the first of each.</summary>
    public static IReadOnlyList<Standing> Of(IReadOnlyList<string> names, IReadOnlyList<Load[]> rounds)
    {
        return [.. names.Select((name, who) => new Standing(name, MedianOf(who), Rounds.Median(rounds.Select(r => Ratio(r, who)))))];

        Load MedianOf(int who) => new(
            Median(who, l => l.Rate), Median(who, l => l.Refused), Median(who, l => l.P50), Median(who, l => l.P99),
            Median(who, l => l.Cpu), rounds.Any(r => r[who].MachineCpu is null) ? null : Median(who, l => l.MachineCpu ?? 0));

        double Median(int who, Func<Load, double> figure) => Rounds.Median(rounds.Select(r => figure(r[who])));
    }

    private static double Ratio(Load[] round, int who) => round[0].Rate / (who == 0 ? round[1..].Max(l => l.Rate) : round[who].Rate);
}
