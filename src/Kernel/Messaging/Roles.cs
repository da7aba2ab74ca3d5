using Microsoft.Extensions.Configuration;
using Monolith.Kernel.Adapters;
using Monolith.Kernel.Sharding;

namespace Monolith.Kernel.Messaging;

/// <summary>Which part of the work this process does. Work that it cannot do is never leased by it.</summary>
/// <param name="IsWeb">Whether it answers requests of users.</param>
/// <param name="IsWorker">Whether it runs reactions and jobs.</param>
public sealed record Roles(bool IsWeb, bool IsWorker)
{
    private static readonly string[] _known = [Nodes.Web, Nodes.Worker];

    /// <summary>Its roles by name.</summary>
    public IReadOnlyList<string> Names => [.. _known.Where(n => n == Nodes.Worker ? IsWorker : IsWeb)];

    /// <summary>
    /// Reads the setting <c>Roles</c>: <c>web</c>, <c>worker</c> or both, separated by commas; both when it is not given.
    /// </summary>
    public static Roles Read(IConfiguration configuration, Faults faults)
    {
        var names = (configuration["Roles"] ?? "web,worker").Split(
            ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in names.Except(_known))
        {
            faults.AddUnknown("Roles", "role", name, _known);
        }

        if (names.Length == 0)
        {
            faults.Add("Roles", "names no role; give web, worker or both");
        }

        return new Roles(names.Contains(Nodes.Web), names.Contains(Nodes.Worker));
    }
}
