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

        var instruments = new ConcurrentBag<Instrument>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) => instruments.Add(instrument);
        listener.Start(); // Tells of those that are there already.

        var ours = instruments.Where(i => i.Meter.Name.StartsWith("Monolith", StringComparison.Ordinal)).DistinctBy(Line).ToList();
        Assert.Distinct(ours.Select(i => i.Name)); // Two adapters of a port measure the same thing.
        Snapshot.Match(string.Join('\n', ours.Select(Line).Order(StringComparer.Ordinal)), "metrics");
    }

    private static string Line(Instrument instrument) =>
        $"{instrument.Name}: {instrument.GetType().Name.Split('`')[0]}"
            + $"{(instrument.Unit is { Length: > 0 } unit ? $" in {unit}" : "")}, {instrument.Description}";

    private static bool HoldsInstruments(Type type) => !type.ContainsGenericParameters
        && type.GetFields(
            BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic).Any(f => f.FieldType.IsAssignableTo(typeof(Instrument)));

    /// <summary>A host whose cache, queue and edge are on servers. That they cannot be reached is nothing to it.</summary>
    public sealed class Outside : App
    {
        protected override IEnumerable<string> Settings =>
        [
            "--Adapters:Cache=redis://127.0.0.1:1",
            "--Adapters:Queue=amqp://127.0.0.1:1",
            "--Adapters:Edge=purge+http://127.0.0.1:1/purge?header=Surrogate-Key&url=http://127.0.0.1:1",
            "--Logging:LogLevel:Default=None",
        ];
    }
}
