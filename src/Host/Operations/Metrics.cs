using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Monolith.Host.Operations;

/// <summary>Collects our own and the framework's instruments, and writes them as Prometheus text.</summary>
internal sealed class Metrics : IDisposable
{
    private readonly TextExporter _exporter = new();
    private readonly MeterProvider _provider;
    private readonly SemaphoreSlim _oneAtATime = new(1);

    public Metrics() => _provider = Sdk.CreateMeterProviderBuilder()
        .AddMeter(
            Meters.Prefix, $"{Meters.Prefix}.*", "System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")
        .AddReader(new BaseExportingMetricReader(_exporter))
        .Build();

    /// <summary>Reads every instrument now.</summary>
    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            _exporter.Collect?.Invoke(5_000);
            return _exporter.Text;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public void Dispose()
    {
        _provider.Dispose();
        _oneAtATime.Dispose();
    }
}

/// <summary>Writes the text exposition format of Prometheus, version 0.0.4.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed partial class TextExporter : BaseExporter<Metric>, IPullMetricExporter
{
    public Func<int, bool>? Collect { get; set; }

    public string Text { get; private set; } = "";

    public override ExportResult Export(in Batch<Metric> batch)
    {
        var text = new StringBuilder();
        foreach (var metric in batch)
        {
            Write(text, metric);
        }

        Text = text.ToString();
        return ExportResult.Success;
    }

    private static void Write(StringBuilder text, Metric metric)
    {
        var isCounter = metric.MetricType is MetricType.LongSum or MetricType.DoubleSum;
        var name = NameOf(metric, isCounter);
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {metric.Description.Replace('\n', ' ')}\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"# TYPE {name} {(isCounter ? "counter" : metric.MetricType == MetricType.Histogram ? "histogram" : "gauge")}\n");
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var labels = LabelsOf(point);
            if (metric.MetricType == MetricType.Histogram)
            {
                WriteHistogram(text, name, labels, point);
            }
            else
            {
                var value = metric.MetricType switch
                {
                    MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong(),
                    MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => point.GetSumDouble(),
                    MetricType.LongGauge => point.GetGaugeLastValueLong(),
                    _ => point.GetGaugeLastValueDouble(),
                };
                WriteLine(text, name, labels, value);
            }
        }
    }

    private static void WriteHistogram(StringBuilder text, string name, string labels, in MetricPoint point)
    {
        var below = 0L;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            below += bucket.BucketCount;
            var bound = double.IsPositiveInfinity(bucket.ExplicitBound)
                ? "+Inf"
                : bucket.ExplicitBound.ToString("R", CultureInfo.InvariantCulture);
            WriteLine(text, $"{name}_bucket", $"{labels}{(labels.Length == 0 ? "" : ",")}le=\"{bound}\"", below);
        }

        WriteLine(text, $"{name}_sum", labels, point.GetHistogramSum());
        WriteLine(text, $"{name}_count", labels, point.GetHistogramCount());
    }

    private static void WriteLine(StringBuilder text, string name, string labels, double value) =>
        text.Append(name).Append(labels.Length == 0 ? "" : $"{{{labels}}}").Append(' ')
            .Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');

    // monolith.use_case.duration in s becomes monolith_use_case_duration_seconds, as Prometheus wants units in names.
    private static string NameOf(Metric metric, bool isCounter)
    {
        var unit = metric.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        var name = NotAllowed().Replace(metric.Name, "_");
        return $"{name}{(name.EndsWith(unit, StringComparison.Ordinal) ? "" : unit)}{(isCounter ? "_total" : "")}";
    }

    private static string LabelsOf(in MetricPoint point)
    {
        var labels = new List<string>();
        foreach (var (key, value) in point.Tags)
        {
            var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            labels.Add($"{NotAllowed().Replace(key, "_")}=\"{Escape(text)}\"");
        }

        return string.Join(',', labels);
    }

    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    [GeneratedRegex("[^a-zA-Z0-9_]")]
    private static partial Regex NotAllowed();
}
