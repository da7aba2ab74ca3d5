using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Adapters;

/// <summary>Reads the <c>Adapters</c> section and registers the adapters it names.</summary>
public static class AdapterRegistration
{
    /// <summary>Registers one adapter for each port; every fault goes to the list, and nothing is thrown.</summary>
    public static IServiceCollection AddAdapters(
        this IServiceCollection services, IConfiguration configuration, IReadOnlyList<IAdapter> catalog, Faults faults)
    {
        var section = configuration.GetSection("Adapters");
        foreach (var child in section.GetChildren().Where(c => Port.All.All(p => !p.Name.Equals(c.Key, StringComparison.OrdinalIgnoreCase))))
        {
            // A misspelt port would otherwise be ignored in silence, and the default would run in production.
            faults.AddUnknown(child.Path, "port", child.Key, Port.All.Select(p => p.Name));
        }

        var chosen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var port in Port.All)
        {
            var setting = $"Adapters:{port.Name}";
            if (section.GetSection(port.Name).GetChildren().Any())
            {
                faults.Add(setting, "names several stores; spreading over shards is not built yet, give one URL");
            }
            else if (AdapterUrl.Parse(setting, section[port.Name] ?? port.Default, faults) is { } url
                && Find(url, port, catalog) is { } player)
            {
                foreach (var key in url.Keys.Except(player.Keys))
                {
                    faults.AddUnknown(setting, "key", key, player.Keys);
                }

                player.Register(services, url);
                chosen[port.Name] = url.ToString();
            }
        }

        return services.AddSingleton(new ChosenAdapters(chosen));
    }

    private static Player? Find(AdapterUrl url, Port port, IReadOnlyList<IAdapter> catalog)
    {
        var players = catalog.SelectMany(a => a.Players.Where(p => p.Port == port.Name).Select(p => (a.Scheme, Player: p))).ToList();
        var found = players.Find(p => p.Scheme == url.Scheme).Player;
        if (found is null)
        {
            url.Faults.AddUnknown(url.Setting, "scheme", url.Scheme, players.Select(p => p.Scheme));
        }

        return found;
    }
}
