namespace Monolith.Kernel.Adapters;

/// <summary>Looks adapters up by port and scheme.</summary>
public static class AdapterCatalog
{
    /// <summary>Finds how a port is provided under a scheme; null when no adapter provides it.</summary>
    public static PortBinding? BindingOf(this IEnumerable<IAdapter> adapters, Port port, string scheme) =>
        adapters.Where(a => a.Schemes.Contains(scheme)).SelectMany(a => a.Bindings).FirstOrDefault(b => b.Port == port.Name);

    /// <summary>Lists the schemes under which a port is provided.</summary>
    public static IEnumerable<string> SchemesOf(this IEnumerable<IAdapter> adapters, Port port) =>
        adapters.Where(a => a.Bindings.Any(b => b.Port == port.Name)).SelectMany(a => a.Schemes);
}
