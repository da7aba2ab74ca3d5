using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Kernel.Ports;

namespace Monolith.Kernel.Adapters;

/// <summary>Reads the <c>Adapters</c> section and registers the adapters it names.</summary>
public static partial class AdapterRegistration
{
    /// <summary>
    /// Registers one adapter for each port, and one for each shard of the store; every fault goes to the list, and nothing is thrown.
    /// </summary>
    public static IServiceCollection AddAdapters(
        this IServiceCollection services, IConfiguration configuration, IReadOnlyList<IAdapter> catalog, Faults faults)
    {
        var section = configuration.GetSection("Adapters");
        foreach (var child
            in section.GetChildren().Where(c => Port.All.All(p => !p.Name.Equals(c.Key, StringComparison.OrdinalIgnoreCase))))
        {
            // A misspelt port would otherwise be ignored in silence, and the default would run in production.
            faults.AddUnknown(child.Path, "port", child.Key, Port.All.Select(p => p.Name));
        }

        var chosen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var port in Port.All)
        {
            var several = section.GetSection(port.Name).GetChildren().OrderBy(c => c.Key, StringComparer.Ordinal).ToList();
            if (several.Count == 0)
            {
                Choose(port, section[port.Name] ?? port.Default, port.Name);
            }
            else if (port != Port.Store)
            {
                faults.Add($"Adapters:{port.Name}", "takes one URL; only Store can be spread over several");
            }
            else
            {
                several.ForEach(c => Choose(port, c.Value ?? "", $"{port.Name}:{c.Key}"));
                CheckShards(several, faults);
            }
        }

        var shards = section.GetSection(Port.Store.Name).GetChildren().Select(c => c.Key).Order(StringComparer.Ordinal)
            .DefaultIfEmpty(StoreNames.Single);
        services.AddSingleton<ICacheInvalidator>(provider => provider.GetRequiredService<ICache>());
        return services.AddSingleton(new StoreNames([.. shards])).AddSingleton(new ChosenAdapters(chosen));

        void Choose(Port port, string text, string name)
        {
            var setting = $"Adapters:{name}";
            if (AdapterUrl.Parse(setting, text, faults) is { } url && Find(url, port, catalog) is { } binding)
            {
                foreach (var key in url.Keys.Except(binding.Keys))
                {
                    faults.AddUnknown(setting, "key", key, binding.Keys);
                }

                CheckBeside(binding, url, faults, chosen);
                if (binding.Decorates is { } under && AdapterUrl.Parse(setting, under, faults) is { } first)
                {
                    Find(first, port, catalog)?.Register(services, first);
                }

                binding.Register(services, url);
                chosen[name] = url.ToString();
            }
        }
    }

    // The store is the first port, so what fills it is known by now.
    private static void CheckBeside(PortBinding binding, AdapterUrl url, Faults faults, Dictionary<string, string> chosen)
    {
        var others = chosen.Where(c => c.Key.Split(':')[0] == Port.Store.Name)
            .Select(c => c.Value.Split(':')[0]).Distinct().Except(binding.Beside ?? []).ToList();
        if (binding.Beside is { } beside && others.Count > 0)
        {
            faults.Add(
                url.Setting,
                $"\"{url.Scheme}:\" needs a store on {string.Join(" or ", beside)}, and the store is {string.Join(", ", others)}");
        }
    }

    private static void CheckShards(List<IConfigurationSection> shards, Faults faults)
    {
        foreach (var shard in shards.Where(s => !ShardName().IsMatch(s.Key)))
        {
            faults.Add($"Adapters:Store:{shard.Key}", "is not a name for a shard; use up to 20 lower-case letters, digits and hyphens");
        }

        foreach (var same in shards.GroupBy(s => s.Value, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            faults.Add("Adapters:Store", $"{string.Join(" and ", same.Select(s => s.Key))} are the same store; each shard needs its own");
        }
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,19}$")]
    private static partial Regex ShardName();

    private static PortBinding? Find(AdapterUrl url, Port port, IReadOnlyList<IAdapter> catalog)
    {
        var found = catalog.BindingOf(port, url.Scheme);
        if (found is null)
        {
            url.Faults.AddUnknown(url.Setting, "scheme", url.Scheme, catalog.SchemesOf(port));
        }

        return found;
    }
}
