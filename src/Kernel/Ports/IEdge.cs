namespace Monolith.Kernel.Ports;

/// <summary>What stands between us and the readers: a CDN, or nothing.</summary>
public interface IEdge
{
    /// <summary>Makes a path on this host into the URL that readers should use.</summary>
    /// <param name="path">Begins with a slash.</param>
    string UrlFor(string path);

    /// <summary>Removes what carries one of these surrogate keys. Repeatable.</summary>
    ValueTask PurgeAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);
}
