using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.Host.Operations;

namespace Monolith.Modules.Tests.Health;

/// <summary>Instruments as Prometheus reads them (text exposition format 0.0.4).</summary>
[Trait("host", "none")]
public sealed class MetricsTests : IAsyncLifetime
{
    private readonly Meter _meter = new("Monolith.Tests");
    private WebApplication _host = null!; // Started before each test.
    // All tests of the run share the meters of the process.
    private readonly string _name = $"tests.{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";

    private string Written => _name.Replace('.', '_');

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddMetricsOfThisProcess();
        _host = builder.Build();
        _host.MapMetrics();
        await _host.StartAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _meter.Dispose();
    }

    [Fact]
    public async Task Add_up_to_counters_with_their_unit_in_the_name()
    {
        var counter = _meter.CreateCounter<long>(_name, "By", "Bytes that\nwere read");
        counter.Add(3);
        counter.Add(4);

        Assert.Equal(
            [$"# TYPE {Written}_bytes_total counter", $"{Written}_bytes_total{{}} 7"],
            (await LinesAsync()).Where(line => !line.StartsWith("# HELP", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("with \"quotes\"", "with \\\"quotes\\\"")]
    [InlineData("back\\slash", "back\\\\slash")]
    [InlineData("two\nlines", "two\\nlines")]
    [InlineData("ünïcode 😀", "ünïcode 😀")]
    [InlineData("", "")]
    [InlineData(true, "true")]
    [InlineData(1.5, "1.5")]
    public async Task Keep_the_value_of_a_label_in_one_line(object value, string written)
    {
        _meter.CreateCounter<long>(_name).Add(1, new KeyValuePair<string, object?>("http.route", value));

        Assert.Equal($"{Written}_total{{http_route=\"{written}\"}} 1", (await LinesAsync())[^1]);
    }

    [Fact]
    public async Task Show_gauges_as_they_are_now()
    {
        var value = 1.0;
        _meter.CreateObservableGauge(_name, () => value, "s");
        await LinesAsync();

        value = 0.25;

        Assert.Equal($"{Written}_seconds{{}} 0.25", (await LinesAsync())[^1]);
        Assert.Contains($"# TYPE {Written}_seconds gauge", await LinesAsync());
    }

    [Fact]
    public async Task Count_histograms_below_each_bound_and_altogether()
    {
        var histogram = _meter.CreateHistogram<double>(_name, "s");
        foreach (var value in new[] { 1, 6, 6, 20_000.5 })
        {
            histogram.Record(value, new KeyValuePair<string, object?>("kind", "x"));
        }

        var lines = await LinesAsync();

        Assert.Contains($"# TYPE {Written}_seconds histogram", lines);
        Assert.Contains($"{Written}_seconds_bucket{{kind=\"x\",le=\"5\"}} 1", lines);
        Assert.Contains($"{Written}_seconds_bucket{{kind=\"x\",le=\"10\"}} 3", lines);
        Assert.Equal(
            [
                $"{Written}_seconds_bucket{{kind=\"x\",le=\"+Inf\"}} 4", $"{Written}_seconds_sum{{kind=\"x\"}} 20013.5",
                $"{Written}_seconds_count{{kind=\"x\"}} 4",
            ],
            lines.TakeLast(3));
    }

    [Fact]
    public async Task Go_up_and_down_where_they_may()
    {
        var counter = _meter.CreateUpDownCounter<int>(_name);
        counter.Add(3);
        counter.Add(-5);

        Assert.Equal($"{Written}{{}} -2", (await LinesAsync())[^1]);
        Assert.Contains($"# TYPE {Written} gauge", await LinesAsync());
    }

    [Fact]
    public async Task Are_whole_however_many_read_at_once()
    {
        _meter.CreateCounter<long>(_name).Add(1);

        var texts = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => ReadAsync()));

        Assert.All(texts, text => Assert.Contains($"\n{Written}_total{{}} 1\n", text, StringComparison.Ordinal));
    }

    // Those of this test.
    private async Task<List<string>> LinesAsync() =>
        [.. (await ReadAsync()).Split('\n').Where(line => line.Contains(Written, StringComparison.Ordinal))];

    private async Task<string> ReadAsync()
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri($"{_host.Urls.Single()}/metrics"), TestContext.Current.CancellationToken);
    }
}
