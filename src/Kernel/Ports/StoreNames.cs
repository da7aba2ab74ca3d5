namespace Monolith.Kernel.Ports;

/// <summary>
/// Holds what the configuration calls the stores of the deployment. A name finds a URL and nothing else: which shard a store is, it says
/// itself.
/// </summary>
/// <param name="All">One or more, in alphabetical order, which is that of the registered stores.</param>
public sealed record StoreNames(IReadOnlyList<string> All)
{
    /// <summary>What a store is called that is the only one.</summary>
    public const string Single = "main";
}
