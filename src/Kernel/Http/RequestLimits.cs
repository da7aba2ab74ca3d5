using System.Globalization;
using Microsoft.Extensions.Configuration;
using Monolith.Kernel.Adapters;

namespace Monolith.Kernel.Http;

/// <summary>What one request may take of this process: the section <c>Limits</c> of the configuration, and what <c>GET /v1/limits</c> shows (ACCEPTANCE K-6).</summary>
public sealed record RequestLimits
{
    private static readonly string[] Known =
    [
        "BodyBytes", "HeaderBytes", "UrlBytes", "JsonDepth", "RequestSeconds", "HeadersSeconds", "BodyBytesPerSecond", "BodyGraceSeconds", "QueueSeconds",
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

    /// <summary>How long requests are still taken after SIGTERM, while readiness says no; 0, which is right where nobody balances.</summary>
    public TimeSpan Drain { get; init; }

    /// <summary>How many requests an endpoint works on at once, by its kind of <see cref="Workload"/>.</summary>
    public IReadOnlyDictionary<string, EndpointCap> Endpoints { get; init; } = new Dictionary<string, EndpointCap>(StringComparer.Ordinal)
    {
        // More than group commit needs to be at its best (256), little enough to stay below some tens of megabytes.
        [Workload.Default] = new(512, 1024),

        // A core hashes about ten passwords a second: what waits here is done before the client loses patience.
        [Workload.Password] = new(4 * Environment.ProcessorCount, 16 * Environment.ProcessorCount),

        // Slow lines hold a place for minutes at little cost. What costs, checking the picture, has a bound of its own.
        [Workload.Upload] = new(256, 64),
        [Workload.Image] = new(256, 256),
    };

    /// <summary>Reads the section; every fault goes to the list.</summary>
    public static RequestLimits Read(IConfigurationSection section, Faults faults)
    {
        RefuseUnknown(section, Known, faults);
        var limits = new RequestLimits();
        return limits with
        {
            BodyBytes = Whole(section, "BodyBytes", limits.BodyBytes, 1 << 10, 1 << 30, faults),

            // Kestrel keeps a request's head in a buffer of 1 MiB.
            HeaderBytes = Whole(section, "HeaderBytes", limits.HeaderBytes, 1 << 10, 1 << 19, faults),
            UrlBytes = Whole(section, "UrlBytes", limits.UrlBytes, 1 << 8, 1 << 19, faults),
            JsonDepth = Whole(section, "JsonDepth", limits.JsonDepth, 4, 64, faults),
            Request = Seconds(section, "RequestSeconds", limits.Request, 1, 600, faults),
            Headers = Seconds(section, "HeadersSeconds", limits.Headers, 1, 120, faults),
            BodyBytesPerSecond = Whole(section, "BodyBytesPerSecond", limits.BodyBytesPerSecond, 1, 1 << 20, faults),

            // Kestrel looks once a second.
            BodyGrace = Seconds(section, "BodyGraceSeconds", limits.BodyGrace, 2, 120, faults),
            Queue = Seconds(section, "QueueSeconds", limits.Queue, 1, 120, faults),
            Drain = Seconds(section, "DrainSeconds", limits.Drain, 0, 120, faults),
            Endpoints = ReadCaps(section.GetSection("Endpoints"), limits.Endpoints, faults),
        };
    }

    /// <summary>Finds what holds for a kind of work.</summary>
    public EndpointCap CapOf(string work) => Endpoints.GetValueOrDefault(work) ?? Endpoints[Workload.Default];

    private static Dictionary<string, EndpointCap> ReadCaps(
        IConfigurationSection section, IReadOnlyDictionary<string, EndpointCap> defaults, Faults faults)
    {
        RefuseUnknown(section, [.. defaults.Keys], faults);
        return defaults.ToDictionary(cap => cap.Key, cap => ReadCap(section.GetSection(cap.Key), cap.Value, faults), StringComparer.Ordinal);
    }

    private static EndpointCap ReadCap(IConfigurationSection section, EndpointCap @default, Faults faults)
    {
        RefuseUnknown(section, ["Concurrency", "Queue"], faults);
        return new EndpointCap(
            Whole(section, "Concurrency", @default.Concurrency, 1, 100_000, faults), Whole(section, "Queue", @default.Queue, 0, 100_000, faults));
    }

    private static void RefuseUnknown(IConfigurationSection section, string[] known, Faults faults)
    {
        foreach (var child in section.GetChildren().Where(c => !known.Contains(c.Key, StringComparer.OrdinalIgnoreCase)))
        {
            faults.AddUnknown(child.Path, "key", child.Key, known);
        }
    }

    private static TimeSpan Seconds(IConfigurationSection section, string key, TimeSpan @default, int min, int max, Faults faults) =>
        TimeSpan.FromSeconds(Whole(section, key, (int)@default.TotalSeconds, min, max, faults));

    private static int Whole(IConfigurationSection section, string key, int @default, int min, int max, Faults faults)
    {
        if (section[key] is not { } text)
        {
            return @default;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
        {
            return number;
        }

        faults.Add($"{section.Path}:{key}", $"must be a whole number from {min} to {max}");
        return @default;
    }
}

/// <summary>How many requests one endpoint takes.</summary>
/// <param name="Concurrency">Worked on at once.</param>
/// <param name="Queue">Waiting for their turn; who comes after these is refused with <c>overloaded</c>.</param>
public sealed record EndpointCap(int Concurrency, int Queue);
