namespace Monolith.Kernel.Ports;

/// <summary>What the stores of the deployment are called in its configuration: the names of its shards.</summary>
/// <param name="All">One or more, in alphabetical order, which is that of their indices.</param>
public sealed record StoreNames(IReadOnlyList<string> All)
{
    /// <summary>What a store is called that is the only one.</summary>
    public const string Single = "main";
}
