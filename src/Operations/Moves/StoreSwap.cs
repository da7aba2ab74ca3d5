namespace Monolith.Operations.Moves;

/// <summary>Puts another store in the place of one that is configured.</summary>
internal static class StoreSwap
{
    /// <summary>Makes the store of a replacement.</summary>
    /// <param name="services">The process's.</param>
    /// <param name="source">The one that is configured.</param>
    /// <param name="target">The one that the URL names.</param>
    /// <param name="url">The URL, printable.</param>
    public delegate IStore Make(IServiceProvider services, ITransferStore source, ITransferStore target, string url);

    /// <summary>Replaces the store of a shard; faults go to the list.</summary>
    public static void Replace(
        IServiceCollection services, Faults faults, IReadOnlyList<IAdapter> adapters, string url, string? shard, Make make)
    {
        var names = services.Select(s => s.ImplementationInstance).OfType<StoreNames>().Single().All;
        var configured = services.Where(s => s.ServiceType == typeof(IStore)).ToList();
        var place = shard is null && names.Count == 1 ? 0 : names.ToList().IndexOf(shard ?? "");
        if (place < 0)
        {
            faults.Add(
                "move",
                shard is null
                    ? $"which shard? There are {string.Join(", ", names)}"
                    : $"there is no shard \"{shard}\"; there are {string.Join(", ", names)}");
            return;
        }

        if (AdapterUrl.Parse("move", url, faults) is not { } target || place >= configured.Count)
        {
            return;
        }

        if (adapters.BindingOf(Port.Store, target.Scheme) is not { } binding)
        {
            faults.AddUnknown("move", "scheme", target.Scheme, adapters.SchemesOf(Port.Store));
            return;
        }

        var others = new ServiceCollection();
        binding.Register(others, target);
        var (from, to) = (configured[place], others.Single(s => s.ServiceType == typeof(IStore)));
        services[services.IndexOf(from)] = ServiceDescriptor.Singleton<IStore>(provider =>
            make(provider, From(provider, from), From(provider, to), target.ToString()));
    }

    private static ITransferStore From(IServiceProvider provider, ServiceDescriptor store) =>
        (store.ImplementationFactory?.Invoke(provider) ?? store.ImplementationInstance) as ITransferStore
        ?? throw new MoveException("this kind of store cannot be moved");
}
