using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Memory;

namespace Monolith.Operations.Deployments;

/// <summary>Refuses settings whose first part is read by nothing: a mistyped section would leave its defaults in force silently.</summary>
internal static class KnownSections
{
    /// <summary>Settings without keys below them.</summary>
    public static readonly IReadOnlyList<string> Values =
        ["urls", "http_ports", "https_ports", "Roles", "TrustedProxies", "environment", "AllowedHosts"];

    // The last two, and those below, are read by .NET itself.
    private static readonly string[] _sections = ["Adapters", "Limits", "Backup", "Logging", "Kestrel"];

    private static readonly string[] _platform =
    [
        "applicationName", "contentRoot", "webroot", "hostBuilder", "captureStartupErrors", "detailedErrors",
        "forwardedHeaders_enabled", "hostingStartupAssemblies", "hostingStartupExcludeAssemblies", "preventHostingStartup",
        "shutdownTimeoutSeconds", "suppressStatusMessages",
    ];

    /// <summary>Looks at every source of settings. Of the environment only at what cannot be meant for another program.</summary>
    public static void Check(ConfigurationManager configuration, IReadOnlyList<IModule> modules, Faults faults)
    {
        string[] sections = [.. _sections, .. modules.Select(m => m.Name)];
        var known = sections.Concat(Values).Concat(_platform).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var sources = ((IConfigurationBuilder)configuration).Sources.Zip(((IConfigurationRoot)configuration).Providers).ToList();
        var owned = sources.Where(s => s.First is not EnvironmentVariablesConfigurationSource).Select(s => s.Second).ToList();
        foreach (var section in sections.Where(s => owned.Any(provider => HasValue(provider, s))))
        {
            faults.Add(section, "is a section and takes no value of its own; name a key below it");
        }

        var names = sources.SelectMany(s => NamesOf(s.First, s.Second, sections)).Distinct(StringComparer.OrdinalIgnoreCase);
        foreach (var name in names.Where(n => !known.Contains(n)))
        {
            var what = configuration.GetSection(name).GetChildren().Any() ? "section" : "setting";
            faults.AddUnknown(name, what, name, sections.Concat(Values));
        }
    }

    private static IEnumerable<string> NamesOf(IConfigurationSource source, IConfigurationProvider provider, string[] sections) =>
        source switch
        {
            MemoryConfigurationSource => [], // the program's own
            EnvironmentVariablesConfigurationSource { Prefix.Length: > 0 } => [], // ASPNETCORE_ and DOTNET_ are the system's own

            // The environment belongs to every program of the machine: only a name with keys below it (two underscores) that is
            // nearly one of ours is a mistyped one.
            EnvironmentVariablesConfigurationSource =>
                FirstParts(provider).Where(n => HasKeys(provider, n) && Faults.Nearest(n, sections) is not null),
            _ => FirstParts(provider),
        };

    private static bool HasKeys(IConfigurationProvider provider, string section) => provider.GetChildKeys([], section).Any();

    private static bool HasValue(IConfigurationProvider provider, string section) =>
        provider.TryGet(section, out var value) && !string.IsNullOrEmpty(value);

    private static IEnumerable<string> FirstParts(IConfigurationProvider provider) =>
        provider.GetChildKeys([], null).Distinct(StringComparer.OrdinalIgnoreCase);
}
