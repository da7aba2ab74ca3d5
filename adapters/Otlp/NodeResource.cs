using System.Globalization;
using OpenTelemetry.Resources;

namespace Monolith.Adapters.Otlp;

/// <summary>What everything that this process exports is from.</summary>
// Not by its name in leases: that is known once the stores are open, and lines are logged before.
internal sealed class NodeResource(Roles roles, IEnumerable<IModule> modules) : IResourceDetector
{
    public Resource Detect() => new(
    [
        new("host.name", Environment.MachineName),
        new("process.pid", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)),
        new("monolith.roles", string.Join(',', roles.Names)),
        new("monolith.modules", string.Join(',', modules.Select(m => m.Name))),
    ]);
}
