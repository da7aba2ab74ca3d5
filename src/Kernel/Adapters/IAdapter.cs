using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Adapters;

/// <summary>Provides one or more ports.</summary>
public interface IAdapter
{
    /// <summary>
    /// What its URLs begin with; lower case. Several where one product is reached with and without TLS: a binding reads which one from the
    /// URL.
    /// </summary>
    IReadOnlyList<string> Schemes { get; }

    /// <summary>Which ports it provides, and how.</summary>
    IReadOnlyList<PortBinding> Bindings { get; }
}

/// <summary>How an adapter provides one port.</summary>
/// <param name="Port">Name of the port, from <see cref="Port.All"/>.</param>
/// <param name="Keys">The query keys that it knows.</param>
/// <param name="Register">
/// Registers the port's interface. Reads everything it needs from the URL now, so that faults come out before anything starts.
/// </param>
public sealed record PortBinding(string Port, IReadOnlyList<string> Keys, Action<IServiceCollection, AdapterUrl> Register)
{
    /// <summary>
    /// The URL of another binding of the same port that this one stands in front of, <c>store:</c> for example; it is registered first.
    /// Null for none.
    /// </summary>
    public string? Decorates { get; init; }

    /// <summary>
    /// Schemes of the stores that it can stand beside, where it reads what they keep; every store must have one of them. Null for any
    /// store.
    /// </summary>
    public IReadOnlyList<string>? Beside { get; init; }
}

/// <summary>A role that exactly one adapter must fill.</summary>
/// <param name="Name">Its key in the <c>Adapters</c> section.</param>
/// <param name="Default">What fills it when configuration names nothing.</param>
public sealed record Port(string Name, string Default)
{
    /// <summary>Events, documents and messages.</summary>
    public static readonly Port Store = new("Store", "sqlite:data/store.db");

    /// <summary>Copies that may be lost.</summary>
    public static readonly Port Cache = new("Cache", "memory:?size=64MB&eviction=lru");

    /// <summary>Sessions that are valid now.</summary>
    public static readonly Port Sessions = new("Sessions", "store:");

    /// <summary>Who failed how often lately.</summary>
    public static readonly Port Throttling = new("Throttling", "memory:");

    /// <summary>What brings messages to workers.</summary>
    public static readonly Port Queue = new("Queue", "store:");

    /// <summary>Bytes that are too many for a document.</summary>
    public static readonly Port Blobs = new("Blobs", "file:data/blobs");

    /// <summary>What stands between us and the readers.</summary>
    public static readonly Port Edge = new("Edge", "none:");

    /// <summary>What takes mail for delivery.</summary>
    public static readonly Port Mail = new("Mail", "file:data/mail");

    /// <summary>What takes traces, logs and metrics of this process.</summary>
    public static readonly Port Telemetry = new("Telemetry", "none:");

    /// <summary>What makes reports of the log.</summary>
    public static readonly Port Reports = new("Reports", "none:");

    /// <summary>What takes announcements to other systems.</summary>
    public static readonly Port Feed = new("Feed", "none:");

    /// <summary>Every port: the list of what can move out.</summary>
    public static readonly IReadOnlyList<Port> All =
        [Store, Cache, Sessions, Throttling, Queue, Blobs, Edge, Mail, Telemetry, Reports, Feed];
}
