using Microsoft.Extensions.Configuration;
using Monolith.Kernel.Adapters;

namespace Monolith.Kernel.Http;

/// <summary>
/// What one request may take of this process: the section <c>Limits</c> of the configuration, and what <c>GET /v1/limits</c> shows.
/// </summary>
public sealed record RequestLimits
{
    private static readonly string[] _known =
    [
        "BodyBytes", "HeaderBytes", "UrlBytes", "JsonDepth", "RequestSeconds", "HeadersSeconds", "BodyBytesPerSecond", "BodyGraceSeconds",
        "QueueSeconds",
        "DrainSeconds", "Endpoints",
    ];

    /// <summary>Bytes of a body, where an endpoint does not say otherwise; 1 MiB.</summary>
    public int BodyBytes { get; init; } = 1 << 20;

    /// <summary>Bytes of all headers together; 16 KiB.</summary>
    public int HeaderBytes { get; init; } = 16 << 10;

    /// <summary>Bytes of the request line, which is the method and the address; 8 KiB.</summary>
    public int UrlBytes { get; init; } = 8 << 10;

    /// <summary>How deep the JSON of a body may be nested; 32.</summary>
    public int JsonDepth { get; init; } = 32;

    /// <summary>How long a request may be worked on, where an endpoint does not say otherwise; 30 s.</summary>
    public TimeSpan Request { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a client may take to send all headers; 10 s.</summary>
    public TimeSpan Headers { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many bytes of a body must come each second, and of an answer be taken, on average; 240, Kestrel's own choice.</summary>
    public int BodyBytesPerSecond { get; init; } = 240;

    /// <summary>For how long a body may come slower than that; 5 s.</summary>
    public TimeSpan BodyGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a request may wait for its turn; 5 s.</summary>
    public TimeSpan Queue { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long requests are still taken after SIGTERM, while readiness says no; 0, which is right without a balancer.</summary>
    public TimeSpan Drain { get; init; }

    /// <summary>How many requests an endpoint works on at once, by its kind of <see cref="Workload"/>.</summary>
    public IReadOnlyDictionary<string, EndpointCap> Endpoints { get; init; } = new Dictionary<string, EndpointCap>(StringComparer.Ordinal)
    {
        // More than group commit needs to be at its best (256), little enough to stay below some tens of megabytes.
        [Workload.Default] = new(512, 1024),

        // A core hashes about thirty passwords a second (docs/limits.md): what waits here is done before it may wait no longer.
        [Workload.Password] = new(16 * Environment.ProcessorCount, 64 * Environment.ProcessorCount),

        // Slow lines hold a place for minutes at little cost. What costs, checking the picture, has a bound of its own.
        [Workload.Upload] = new(256, 64),
        [Workload.Image] = new(256, 256),
    };

    /// <summary>Reads the section; every fault goes to the list.</summary>
    public static RequestLimits Read(IConfigurationSection section, Faults faults)
    {
        var (settings, limits) = (new SettingsReader(section, faults), new RequestLimits());
        settings.RefuseUnknown(_known);
        return limits with
        {
            BodyBytes = settings.Whole("BodyBytes", limits.BodyBytes, 1 << 10, 1 << 30),

            // Kestrel keeps a request's head in a buffer of 1 MiB.
            HeaderBytes = settings.Whole("HeaderBytes", limits.HeaderBytes, 1 << 10, 1 << 19),
            UrlBytes = settings.Whole("UrlBytes", limits.UrlBytes, 1 << 8, 1 << 19),
            JsonDepth = settings.Whole("JsonDepth", limits.JsonDepth, 4, 64),
            Request = settings.Seconds("RequestSeconds", limits.Request, 1, 600),
            Headers = settings.Seconds("HeadersSeconds", limits.Headers, 1, 120),
            BodyBytesPerSecond = settings.Whole("BodyBytesPerSecond", limits.BodyBytesPerSecond, 1, 1 << 20),

            // Kestrel looks once a second.
            BodyGrace = settings.Seconds("BodyGraceSeconds", limits.BodyGrace, 2, 120),
            Queue = settings.Seconds("QueueSeconds", limits.Queue, 1, 120),
            Drain = settings.Seconds("DrainSeconds", limits.Drain, 0, 120),
            Endpoints = ReadCaps(settings.Of("Endpoints"), limits.Endpoints),
        };
    }

    /// <summary>Finds what holds for a kind of work.</summary>
    public EndpointCap CapOf(string work) => Endpoints.GetValueOrDefault(work) ?? Endpoints[Workload.Default];

    private static Dictionary<string, EndpointCap> ReadCaps(SettingsReader settings, IReadOnlyDictionary<string, EndpointCap> defaults)
    {
        settings.RefuseUnknown([.. defaults.Keys]);
        return defaults.ToDictionary(cap => cap.Key, cap => ReadCap(settings.Of(cap.Key), cap.Value), StringComparer.Ordinal);
    }

    private static EndpointCap ReadCap(SettingsReader settings, EndpointCap @default)
    {
        settings.RefuseUnknown(["Concurrency", "Queue"]);
        return new EndpointCap(
            settings.Whole("Concurrency", @default.Concurrency, 1, 100_000), settings.Whole("Queue", @default.Queue, 0, 100_000));
    }
}

/// <summary>How many requests one endpoint takes.</summary>
/// <param name="Concurrency">Worked on at once.</param>
/// <param name="Queue">Waiting for their turn; who comes after these is refused with <c>overloaded</c>.</param>
public sealed record EndpointCap(int Concurrency, int Queue);
