using System.Text.RegularExpressions;

namespace Monolith.Adapters.RabbitMq;

/// <summary>Which servers, and how much to entrust to them.</summary>
internal sealed partial class RabbitSettings : RabbitServers
{
    private RabbitSettings(AdapterUrl url)
        : base(url)
    {
        Prefix = url.Text("queues", "monolith");
        if (!QueuePrefix().IsMatch(Prefix))
        {
            url.Faults.Add(
                url.Setting,
                "key \"queues\" must be what the names of queues begin with: up to 60 letters, digits, dots, hyphens and underscores");
        }

        (Window, Lease) = (url.Number("window", 1000, 1, 1_000_000), url.Duration("lease", TimeSpan.FromSeconds(30)));
    }

    /// <summary>The query keys that are known.</summary>
    public static readonly IReadOnlyList<string> Keys = [.. OwnKeys, "queues", "window", "lease"];

    /// <summary>What the name of each queue begins with, so that deployments can share a server.</summary>
    public string Prefix { get; }

    /// <summary>
    /// How many messages of a kind lie in the broker at most, nearly: the rest waits in the stores, where it can be put in order and
    /// cancelled.
    /// </summary>
    public int Window { get; }

    /// <summary>After which a message that was not taken is sent once more.</summary>
    public TimeSpan Lease { get; }

    /// <inheritdoc />
    public override string Rights => $"the right to configure, write and read queues whose names begin with \"{Prefix}.\"";

    /// <inheritdoc />
    public override string NameTaken => $"it has a queue that begins with \"{Prefix}.\" and is none of ours; choose another \"queues\"";

    /// <summary>Reads everything now, so that faults come out before anything starts.</summary>
    public static RabbitSettings Read(AdapterUrl url) => new(url);

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]
    private static partial Regex QueuePrefix();
}
