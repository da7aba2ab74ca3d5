using Monolith.Operations.Deployments;

namespace Monolith.Operations.Backups;

/// <summary>The configured deployment with its stores put together elsewhere.</summary>
internal static class Staged
{
    /// <summary>The file that a store is put together in.</summary>
    public static string FileIn(string staging) => Path.Combine(staging, "store.db");

    /// <summary>Makes the call of a verb that works on these stores instead of those that are configured.</summary>
    /// <param name="invocation">The call as it was.</param>
    /// <param name="stagings">A directory for each store, in the order of their names.</param>
    public static Invocation In(Invocation invocation, IReadOnlyList<string> stagings)
    {
        var section = invocation.Host.ReadConfiguration(invocation.Settings).GetSection("Adapters:Store");
        var names = section.GetChildren().Select(c => c.Key).Order(StringComparer.Ordinal).ToList();

        // Nothing else writes there, so nothing needs to be kept free.
        var stores = stagings.Select(
            (staging, i) => $"Adapters:Store{(names.Count > 0 ? $":{names[i]}" : "")}=sqlite:{FileIn(staging)}?reserve=1B");
        return invocation with { Settings = [.. invocation.Settings, .. stores] };
    }
}
