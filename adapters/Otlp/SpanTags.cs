using System.Diagnostics;

namespace Monolith.Adapters.Otlp;

/// <summary>Takes from a span everything that a caller could have written.</summary>
/// <remarks>What stays is a list, so that a tag which a new version of a library adds is not exported before it was looked at.</remarks>
internal static class SpanTags
{
    private static readonly HashSet<string> _exported = new(StringComparer.Ordinal)
    {
        "outcome", "shard",
        "http.request.method", "http.response.status_code", "http.route", "url.scheme", "network.protocol.version", "error.type",
        "db.system.name", "db.namespace", "db.operation.name", "db.response.status_code",
    };

    // Of an answer of ours it is the Host header of the request; of a request of ours it is a server that the configuration names.
    private static readonly HashSet<string> _exportedOfClients = new(StringComparer.Ordinal) { "server.address", "server.port" };

    /// <summary>Removes what is not on the list.</summary>
    public static void Clean(Activity span)
    {
        span.TraceStateString = ""; // The caller's header, which a span without one takes from those above it.
        foreach (var (key, _) in span.TagObjects.ToList())
        {
            if (!_exported.Contains(key) && !(span.Kind is ActivityKind.Client && _exportedOfClients.Contains(key)))
            {
                span.SetTag(key, null);
            }
        }
    }
}
