using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Monolith.Architecture.Tests;

/// <summary>What running hosts measure: dashboards and alarms are built on these names.</summary>
public sealed class MetricSnapshots(
    App embedded, MetricSnapshots.Outside outside) : IClassFixture<App>, IClassFixture<MetricSnapshots.Outside>
{
    [Fact]
    public void Metrics()
    {
        Assert.NotEqual(embedded.Address, outside.Address); // Both run.
        foreach (var type in Solution.Ours.SelectMany(a => a.GetTypes()).Where(HoldsInstruments))
        {
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        }

        var ours = Ours();
        Assert.Distinct(ours.Select(i => i.Name)); // Two adapters of a port measure the same thing.
        Snapshot.Match(string.Join('\n', ours.Select(Line).Order(StringComparer.Ordinal)), "metrics");
    }

    // As it has always been: monolith.use_case.duration in s is monolith_use_case_duration_seconds.
    [Fact]
    public async Task Prometheus_sees_them_by_names_with_their_units()
    {
        var known = Ours().Select(NameOf).ToHashSet();

        var text = await embedded.CreateClient().GetStringAsync("/metrics", TestContext.Current.CancellationToken);

        var lines = text.Split('\n');
        var shown = lines.Where(l => l.StartsWith("# TYPE monolith_", StringComparison.Ordinal))
            .Select(l => l["# TYPE ".Length..]).ToList();
        string[] some =
        [
            "monolith_commits_total counter", "monolith_use_case_duration_seconds histogram", "monolith_cache_size_bytes gauge",
            "monolith_loop_lag gauge", "monolith_disk_free_bytes gauge",
        ];
        Assert.Empty(some.Except(shown));
        Assert.Empty(shown.Except(known));
        Assert.Contains(
            lines, l => l.StartsWith("monolith_use_case_duration_seconds_bucket{", StringComparison.Ordinal)
                && l.Contains("le=\"0.0025\"", StringComparison.Ordinal));
        Assert.DoesNotContain("otel_scope", text, StringComparison.Ordinal);
    }

    private static List<Instrument> Ours()
    {
        var instruments = new ConcurrentBag<Instrument>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) => instruments.Add(instrument);
        listener.Start(); // Tells of those that are there already.
        return [.. instruments.Where(i => i.Meter.Name.StartsWith("Monolith", StringComparison.Ordinal)).DistinctBy(Line)];
    }

    private static string NameOf(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_');
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        return $"{name}{(name.EndsWith(unit, StringComparison.Ordinal) ? "" : unit)}" + instrument.GetType().Name.Split('`')[0] switch
        {
            "Counter" => "_total counter",
            "Histogram" => " histogram",
            _ => " gauge",
        };
    }

    private static string Line(Instrument instrument) =>
        $"{instrument.Name}: {instrument.GetType().Name.Split('`')[0]}"
            + $"{(instrument.Unit is { Length: > 0 } unit ? $" in {unit}" : "")}, {instrument.Description}";

    private static bool HoldsInstruments(Type type) => !type.ContainsGenericParameters
        && type.GetFields(
            BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic).Any(f => f.FieldType.IsAssignableTo(typeof(Instrument)));

    /// <summary>A host whose cache, queue, edge and telemetry are on servers. That they cannot be reached is nothing to it.</summary>
    public sealed class Outside : App
    {
        protected override IEnumerable<string> Settings =>
        [
            "--Adapters:Cache=redis://127.0.0.1:1",
            "--Adapters:Queue=amqp://127.0.0.1:1",
            "--Adapters:Edge=purge+http://127.0.0.1:1/purge?header=Surrogate-Key&url=http://127.0.0.1:1",
            "--Adapters:Telemetry=otlp://127.0.0.1:1",
            "--Logging:LogLevel:Default=None",
        ];
    }
}
