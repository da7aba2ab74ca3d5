using System.Text.RegularExpressions;
using Monolith.Adapters.RabbitMq;

namespace Monolith.Adapters.Wolverine;

/// <summary>Which servers, and what receivers find there.</summary>
internal sealed partial class RabbitFeedSettings : RabbitServers
{
    private RabbitFeedSettings(AdapterUrl url)
        : base(url)
    {
        Exchange = url.Text("exchange", "monolith.feed");
        Queues = url.Text("queues", "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        if (!RabbitName().IsMatch(Exchange))
        {
            url.Faults.Add(url.Setting, "key \"exchange\" must be a name of up to 60 letters, digits, dots, hyphens and underscores");
        }

        if (Queues.Any(queue => !RabbitName().IsMatch(queue)))
        {
            url.Faults.Add(
                url.Setting,
                "key \"queues\" must be names of up to 60 letters, digits, dots, hyphens and underscores, separated by commas");
        }
    }

    /// <summary>The query keys that are known.</summary>
    public static readonly IReadOnlyList<string> Keys = [.. OwnKeys, "exchange", "queues"];

    /// <summary>Where announcements are sent: each queue that is bound to it gets all of them.</summary>
    public string Exchange { get; }

    /// <summary>Queues that are made and bound before anything is sent; other receivers make their own.</summary>
    public IReadOnlyList<string> Queues { get; }

    /// <inheritdoc />
    public override string Rights =>
        $"the right to configure, write and read the exchange \"{Exchange}\"{(Queues.Count == 0 ? "" : " and its queues")}";

    /// <inheritdoc />
    public override string NameTaken =>
        $"it has an exchange \"{Exchange}\", or one of its queues, of another kind; choose another \"exchange\" or \"queues\"";

    /// <summary>Reads everything now, so that faults come out before anything starts.</summary>
    public static RabbitFeedSettings Read(AdapterUrl url) => new(url);

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]
    private static partial Regex RabbitName();
}
