using System.Globalization;

namespace Monolith.Benchmarks;

/// <summary>One figure with its limit, measured beside it.</summary>
/// <param name="Group">What it belongs to: <c>kernel</c>.</param>
/// <param name="Name">What was measured.</param>
/// <param name="Unit">Of both figures: <c>/s</c>, <c>ms</c>, <c>MB</c>.</param>
/// <param name="Ours">Median of the rounds.</param>
/// <param name="Raw">Median of the rounds of what bounds it.</param>
/// <param name="Ratio">
/// How much of the limit is reached, 1 is all: median of the rounds' own ratios, which a noisy neighbour moves least.
/// </param>
/// <param name="RawIs">What bounds it, in a few words.</param>
internal sealed record Line(string Group, string Name, string Unit, double Ours, double Raw, double Ratio, string RawIs)
{
    /// <summary>What it should reach; null where nothing was asked for.</summary>
    public Goal? Goal { get; init; }

    /// <summary>Whether it does.</summary>
    public bool? IsReached => Goal?.IsReached(this);

    /// <summary>Further medians that were taken in the same rounds, in the same unit.</summary>
    public IReadOnlyDictionary<string, double> Also { get; init; } = new Dictionary<string, double>();

    /// <summary>Every application that was measured for this line, with all of its figures; null where there is only one.</summary>
    public IReadOnlyList<Peer.Standing>? Standings { get; init; }
}

/// <summary>What a line should reach: exactly one of these.</summary>
/// <param name="Ratio">At least.</param>
/// <param name="AtLeast">For the figure itself.</param>
/// <param name="AtMost">For the figure itself.</param>
internal sealed record Goal(double? Ratio = null, double? AtLeast = null, double? AtMost = null)
{
    public bool IsReached(Line line) =>
        line.Ratio >= (Ratio ?? 0) && line.Ours >= (AtLeast ?? 0) && line.Ours <= (AtMost ?? double.MaxValue);

    public override string ToString() => (Ratio, AtLeast, AtMost) switch
    {
        ({ } ratio, _, _) => $"ratio ≥ {ratio.ToString("0.0#", CultureInfo.InvariantCulture)}",
        (_, { } least, _) => $"≥ {least.ToString("#,0", CultureInfo.InvariantCulture)}",
        var (_, _, most) => $"≤ {most?.ToString("#,0", CultureInfo.InvariantCulture)}",
    };
}
