namespace Monolith.Benchmarks;

/// <summary>Something to measure again and again.</summary>
/// <param name="Name">What it is called in the report.</param>
/// <param name="RunAsync">Gives one figure: things per second, or how long or how much.</param>
internal sealed record Contender(string Name, Func<Task<double>> RunAsync);

/// <summary>Measures in turns, so that what disturbs one disturbs the other too.</summary>
/// <param name="count">How often each is measured.</param>
/// <param name="warmsUp">Whether one more round comes first, which is not counted.</param>
internal sealed class Rounds(int count, bool warmsUp = true)
{
    /// <summary>Measures a figure, its limit and what else is of interest beside them.</summary>
    /// <param name="line">Which group, name and unit; the figures are filled in.</param>
    /// <param name="ours">The figure.</param>
    /// <param name="raw">Its limit.</param>
    /// <param name="others">Beside them.</param>
    public async Task<Line> RunAsync(Line line, Contender ours, Contender raw, params IReadOnlyList<Contender> others)
    {
        Contender[] all = [ours, raw, .. others];
        var figures = await InTurnsAsync([.. all.Select(who => who.RunAsync)]);
        var isRate = line.Unit.EndsWith("/s", StringComparison.Ordinal);
        return line with
        {
            Ours = Median(Column(0)),
            Raw = Median(Column(1)),
            Ratio = Median(Enumerable.Range(0, count).Select(r => isRate ? figures[r][0] / figures[r][1] : figures[r][1] / figures[r][0])),
            RawIs = raw.Name,
            Also = others.Select((other, i) => (other.Name, Figure: Median(Column(i + 2)))).ToDictionary(o => o.Name, o => o.Figure),
        };

        IEnumerable<double> Column(int who) => Enumerable.Range(0, count).Select(round => figures[round][who]);
    }

    /// <summary>Measures all in each round.</summary>
    /// <returns>By round, then in the order of <paramref name="all"/>.</returns>
    public async Task<IReadOnlyList<T[]>> InTurnsAsync<T>(IReadOnlyList<Func<Task<T>>> all)
    {
        var figures = new List<T[]>();
        for (var round = warmsUp ? -1 : 0; round < count; round++)
        {
            var row = new T[all.Count];
            for (var i = 0; i < all.Count; i++)
            {
                // Each begins in turn: none always has what another left behind.
                var who = (i + Math.Max(0, round)) % all.Count;
                row[who] = await all[who]();
            }

            if (round >= 0)
            {
                figures.Add(row);
            }
        }

        return figures;
    }

    public static double Median(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
