using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.Adapters.Otlp;

namespace Monolith.Adapters.Tests.Otlp;

/// <summary>An exporter put together as the host does it, from its URL.</summary>
internal sealed partial class StartedOtlp : IAsyncDisposable
{
    private static readonly OtlpAdapter _adapter = new();

    private readonly IHost _host;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _dropped = new();

    private StartedOtlp(IHost host)
    {
        _host = host;
        var factory = host.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == factory && instrument.Name == "monolith.telemetry.dropped")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
            _dropped.AddOrUpdate((string)tags[0].Value!, count, (_, before) => before + count)); // Each has a signal.
        _listener.Start();
    }

    /// <summary>What is wrong, as health says it.</summary>
    public string? Fault => _host.Services.GetRequiredService<IExternalDependency>().Fault;

    public static async Task<StartedOtlp> StartAsync(string url)
    {
        var faults = new Faults();
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        Register(builder.Services, url, faults);
        Assert.Empty(faults.Lines);
        builder.Logging.AddFilter((category, _) => category == typeof(StartedOtlp).FullName); // What is counted, and nothing beside it.
        var otlp = new StartedOtlp(builder.Build());
        await otlp._host.StartAsync();
        return otlp;
    }

    /// <summary>What is wrong with a URL.</summary>
    public static IReadOnlyList<string> FaultsOf(string url)
    {
        var faults = new Faults();
        Register(new ServiceCollection(), url, faults);
        return faults.Lines;
    }

    /// <summary>Logs a line.</summary>
    public void Log(string text) => LogText(_host.Services.GetRequiredService<ILogger<StartedOtlp>>(), text);

    /// <summary>How much of a signal was dropped.</summary>
    public long Dropped(string signal) => _dropped.GetValueOrDefault(signal);

    /// <summary>Ends it as a host ends: what is left is sent.</summary>
    public Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _host.StopAsync();
        _host.Dispose();
    }

    private static void Register(IServiceCollection services, string text, Faults faults)
    {
        services.AddSingleton(new Roles(IsWeb: true, IsWorker: true));
        var url = AdapterUrl.Parse("Adapters:Telemetry", text, faults)!; // It has a scheme.
        var binding = new IAdapter[] { _adapter }.BindingOf(Port.Telemetry, url.Scheme)!; // As above.
        foreach (var key in url.Keys.Except(binding.Keys))
        {
            faults.AddUnknown("Adapters:Telemetry", "key", key, binding.Keys);
        }

        binding.Register(services, url);
    }

    [LoggerMessage(LogLevel.Information, "{Text}")]
    private static partial void LogText(ILogger log, string text);
}
