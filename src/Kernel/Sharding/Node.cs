using Monolith.Kernel.Values;

namespace Monolith.Kernel.Sharding;

/// <summary>This process among those that share the stores.</summary>
public sealed class Node(Shards shards, TimeProvider clock)
{
    // A store that only one process can have open has no other users: the holder of a lease there is a former run of this process.
    private readonly string _name = shards.Stores.All(s => s.IsExclusive) ? "single" : Id.New(clock, default).ToString();

    /// <summary>Its name in leases.</summary>
    public override string ToString() => _name;
}
