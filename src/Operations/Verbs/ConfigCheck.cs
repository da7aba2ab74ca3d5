using Monolith.Operations.Deployments;

namespace Monolith.Operations.Verbs;

/// <summary>Shows the configuration as the server would see it, and all that is wrong with it.</summary>
internal sealed class ConfigCheck : IVerb
{
    public string Name => "config check";

    public string Summary => "Print the settings in effect and everything that is wrong with them";

    public string Details => """
        Reads appsettings.json, the environment and the arguments as the server does, without starting anything. Settings go to the
        standard output, without secrets; faults to the error stream, one line each, and then it ends with 78.

        Works while the server runs.
        """;

    public Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var settings = Effective(invocation.Host.ReadConfiguration(invocation.Settings), invocation.Host.Modules);
        foreach (var (key, value) in settings)
        {
            Console.Out.WriteLine($"{key} = {value}");
        }

        return CheckAsync(invocation);
    }

    /// <summary>Lists the settings that are ours, defaults included, printable.</summary>
    internal static IReadOnlyDictionary<string, string> Effective(IConfiguration configuration, IReadOnlyList<IModule> modules)
    {
        string[] sections = ["Kestrel:Endpoints", "Roles", "TrustedProxies", "Limits", "Backup", .. modules.Select(m => m.Name), "Logging"];
        var settings = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["Urls"] = ListenAddress.Of(configuration),
        };
        foreach (var port in Port.All)
        {
            var key = $"Adapters:{port.Name}";
            var shards = configuration.GetSection(key).GetChildren().ToList();
            foreach (var (name, url)
                in shards.Count == 0 ? [(key, configuration[key] ?? port.Default)] : shards.Select(s => (s.Path, s.Value ?? "")))
            {
                // What is no URL at all may be a secret in the wrong place.
                settings[name] = AdapterUrl.Parse(name, url, new Faults())?.ToString() ?? "…";
            }
        }

        foreach (var (key, value) in sections.SelectMany(s => configuration.GetSection(s).AsEnumerable()).Where(s => s.Value is not null))
        {
            settings[key] = AdapterUrl.SoundsSecret(key) ? "…" : value!; // see Where
        }

        return settings;
    }

    private static async Task<int> CheckAsync(Invocation invocation)
    {
        await using var deployment = Deployment.Build(invocation);
        return ExitCodes.Done;
    }
}
