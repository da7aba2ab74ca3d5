using System.Collections;
using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Host;

namespace Monolith.Architecture.Tests;

/// <summary>
/// Every setting that is read, what it may be, and what holds where nothing is set. The adapters' own are in <c>adapters.configuration</c>.
/// </summary>
public sealed class SettingsSnapshots
{
    // Read only where there is one.
    private static readonly Dictionary<string, string?> _preset = new()
    {
        ["media:Presets:any:Width"] = "1", ["media:Presets:any:Height"] = "1",
    };

    // What depends on the machine.
    private static readonly string[] _perProcessor =
        ["JobsSettings.Concurrency", "RequestLimits.Endpoints.password.Concurrency", "RequestLimits.Endpoints.password.Queue"];

    [Fact]
    public void Settings()
    {
        var asked = new Recorder();
        Read(asked);
        var keys = asked.Keys.Where(k => !k.StartsWith("Adapters", StringComparison.Ordinal)).Order(StringComparer.OrdinalIgnoreCase);
        var defaults = Read(new Recorder(), withPreset: false).Services.Select(s => s.ImplementationInstance)
            .Where(
                i => i?.GetType().Name is { } name
                    && (name.EndsWith("Settings", StringComparison.Ordinal) || name.EndsWith("Limits", StringComparison.Ordinal)))
            .SelectMany(i => Values(i!.GetType().Name, i));

        Snapshot.Match(
            string.Join('\n', keys.Select(k => $"{k}: {RuleOf(k)}").Append("").Concat(defaults.Order(StringComparer.Ordinal))), "settings");
    }

    // Said by what refuses a value that cannot be right.
    private static string RuleOf(string key) => Read(new Recorder { Wrong = key }).Faults.Lines
        .FirstOrDefault(l => l.StartsWith($"{key}: ", StringComparison.OrdinalIgnoreCase))?[(key.Length + 2)..] ?? "a text";

    private static (ServiceCollection Services, Faults Faults) Read(Recorder recorder, bool withPreset = true)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(withPreset ? _preset : []).Add(recorder).Build();
        var (services, faults) = (new ServiceCollection(), new Faults());
        services.AddLogging();
        services.AddModules(Catalog.Modules, configuration, faults).AddAdapters(configuration, Catalog.Adapters, faults)
            .AddPlatformHttp(configuration, faults);
        return (services, faults);
    }

    private static IEnumerable<string> Values(string path, object? value) => value switch
    {
        IDictionary map => map.Keys.Cast<object>().SelectMany(key => Values($"{path}.{key}", map[key])),
        int number when _perProcessor.Contains(path) => [$"{path} = {number / Environment.ProcessorCount} per processor"],
        not null when value.GetType() is { IsPrimitive: false, IsEnum: false } type
            && type.Namespace!.StartsWith("Monolith", StringComparison.Ordinal) =>
            type.GetProperties().Where(p => p.GetIndexParameters().Length == 0)
                .SelectMany(p => Values($"{path}.{p.Name}", p.GetValue(value))),
        _ => [FormattableString.Invariant($"{path} = {value ?? "nothing"}")],
    };

    /// <summary>Notes which settings are asked for, and gives a wrong value for one.</summary>
    private sealed class Recorder : ConfigurationProvider, IConfigurationSource
    {
        private readonly ConcurrentDictionary<string, bool> _asked = new(StringComparer.OrdinalIgnoreCase);

        public string? Wrong { get; init; }

        public ICollection<string> Keys => _asked.Keys;

        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public override bool TryGet(string key, out string? value)
        {
            _asked[key] = true;
            value = string.Equals(key, Wrong, StringComparison.OrdinalIgnoreCase) ? "?" : null;
            return value is not null;
        }
    }
}
