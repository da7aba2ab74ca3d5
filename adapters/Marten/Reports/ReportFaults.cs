using System.Collections.Concurrent;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>What keeps projections from going on, as far as this node knows.</summary>
internal sealed class ReportFaults
{
    private readonly ConcurrentDictionary<string, string> _all = new(StringComparer.Ordinal);

    /// <summary>All of it in one line; null when there is nothing.</summary>
    public string? Line => _all.IsEmpty ? null
        : string.Join("; ", _all.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key} {f.Value}"));

    /// <summary>Names a projection in a shard, as heartbeats do: <c>reports.usage.weeks/0</c>.</summary>
    public static string NameOf(ReportStore store, Shard shard, string projection) =>
        $"reports.{store.Report.Name}.{projection}/{shard.Number}";

    /// <summary>Finds what keeps one of them; null for nothing.</summary>
    public string? Of(string name) => _all.GetValueOrDefault(name);

    /// <summary>Takes note. True when it was not known.</summary>
    public bool Note(string name, string fault)
    {
        var isNew = !_all.ContainsKey(name);
        _all[name] = fault;
        return isNew;
    }

    /// <summary>Forgets it. True when it was known.</summary>
    public bool Clear(string name) => _all.TryRemove(name, out _);
}
