using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using Monolith.Host;

namespace Monolith.Architecture.Tests;

/// <summary>
/// What a module promises its neighbours (contracts), its past (stored events) and its clients (errors, HTTP), and what the kernel promises
/// all of them, as text under review. A line more is normal; a line changed or gone is a break.
/// </summary>
public sealed class ContractSnapshots
{
    public static TheoryData<string> Modules => Solution.ModuleNames;

    [Theory]
    [MemberData(nameof(Modules))]
    public void Contracts(string module) => Snapshot.Match(
        Lines(Solution.ContractsOf(module).GetExportedTypes().OrderBy(t => t.Name, StringComparer.Ordinal).Select(Surface.Line)),
        $"{module}.contracts");

    [Theory]
    [MemberData(nameof(Modules))]
    public void Stored_events(string module)
    {
        var json = Solution.Module(module).Json;
        var events = Solution.TypesOf(module).Where(t => t.GetCustomAttribute<EventTypeAttribute>() is not null)
            // ConventionTests: each is listed
            .ToDictionary(t => t.GetCustomAttribute<EventTypeAttribute>()!.Name, t => json.GetTypeInfo(t)!);
        var parts = events.Values.SelectMany(PartsOf).DistinctBy(p => p.Type);

        Snapshot.Match(
            Lines(events.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key} {Fields(e.Value)}")
                .Concat(parts.OrderBy(p => p.Type.Name, StringComparer.Ordinal).Select(p => $"  {p.Type.Name} {Fields(p)}"))),
            $"{module}.events");
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public void Error_codes(string module) => Snapshot.Match(Lines(Errors.Of(module).Select(Line)), $"{module}.errors");

    [Fact]
    public void Error_codes_of_the_platform() =>
        Snapshot.Match(Lines(PlatformErrors.All.OrderBy(e => e.Code, StringComparer.Ordinal).Select(Line)), "platform.errors");

    [Fact]
    public void Kernel_surface() => Snapshot.Match(Surface.Of(Solution.Kernel), "kernel.surface");

    [Fact]
    public void Adapter_surface() => Snapshot.Match(Lines(Solution.Adapters.Select(Surface.Of)), "adapters.surface");

    [Fact]
    public void Adapter_configuration() => Snapshot.Match(
        Lines(Port.All.SelectMany(port => Catalog.Adapters
            .SelectMany(
                a => a.Bindings.Where(p => p.Port == port.Name).SelectMany(
                    p => a.Schemes.Select(s => $"  {s}: {string.Join(", ", p.Keys)}".TrimEnd())))
            .Order(StringComparer.Ordinal)
            .Prepend($"Adapters:{port.Name}, by default {port.Default}"))),
        "adapters.configuration");

    private static string Line(Error error) => $"{error.Code}: {error.Kind}, {error.Detail}";

    internal static string Fields(JsonTypeInfo json) => string.Join(", ", json.Properties.Select(p =>
        $"{p.Name}: {Surface.Name(p.PropertyType)}{(p.IsGetNullable && !p.PropertyType.IsValueType ? "?" : "")}"));

    // What an event is made of is as stored as the event itself.
    internal static IEnumerable<JsonTypeInfo> PartsOf(JsonTypeInfo json) => json.Properties
        .Select(p => Nullable.GetUnderlyingType(p.PropertyType) ?? p.PropertyType)
        .Select(t => t.IsGenericType ? t.GetGenericArguments()[^1] : t)
        .Where(t => t.Namespace!.StartsWith("Monolith", StringComparison.Ordinal))
        .Select(t => json.Options.GetTypeInfo(t))
        .Where(t => t.Kind == JsonTypeInfoKind.Object)
        .SelectMany(t => PartsOf(t).Prepend(t));

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines);
}
