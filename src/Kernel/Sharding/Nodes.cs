using System.Reflection;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Sharding;

/// <summary>Knows which nodes share the stores: each keeps a document in the first shard fresh, and reads those of the others.</summary>
/// <remarks>
/// A node that stopped without a word counts as dead 40 s later at most: <see cref="Interval"/> until its last sign was seen, and three of
/// them without another. What is compared is whether a document changed between two looks, by the clock of the one that looks; so nodes
/// whose clocks differ know of each other all the same.
/// </remarks>
public sealed class Nodes
{
    /// <summary>Time between two signs of life, and between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>The role of a node that answers requests of users.</summary>
    public const string Web = "web";

    /// <summary>The role of a node that runs reactions and jobs.</summary>
    public const string Worker = "worker";

    private const int Page = 200;

    // Of the looks that are 10, 20 and 30 s after the one that saw the last sign, the third finds the node dead.
    private static readonly TimeSpan _longestSilence = (3 * Interval) - (Interval / 2);

    // A first look has nothing to compare with but the time that the node wrote down, by its own clock.
    private static readonly TimeSpan _tolerance = TimeSpan.FromMinutes(2);

    // Shown as silent for that long; then it is of no interest any more, and its document goes.
    private static readonly TimeSpan _kept = TimeSpan.FromMinutes(10);

    private readonly Shards _shards;
    private readonly StoredJson _json;
    private readonly TimeProvider _clock;
    private readonly string _name;
    private readonly NodeSign _self;
    private Dictionary<string, Seen> _seen = new(StringComparer.Ordinal);
    private volatile bool _hasLooked;
    private long _version;

    /// <param name="shards">The first of them holds the documents.</param>
    /// <param name="node">This process.</param>
    /// <param name="roles">What it does: <c>web</c>, <c>worker</c>.</param>
    /// <param name="json">Reads and writes the documents.</param>
    /// <param name="clock">Tells the time.</param>
    public Nodes(Shards shards, Node node, IReadOnlyList<string> roles, StoredJson json, TimeProvider clock)
    {
        (_shards, _json, _clock, _name) = (shards, json, clock, node.ToString());
        var version = typeof(Nodes).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        _self = new NodeSign(Environment.MachineName, roles, version, clock.GetUtcNow(), default);
    }

    /// <summary>Whether no other process can have the stores open.</summary>
    public bool IsAlone => _shards.All.All(s => s.Store.IsExclusive);

    /// <summary>Every node, this one first; those that fell silent lately too.</summary>
    public IReadOnlyList<KnownNode> All =>
    [
        KnownNode.Of(_name, _self, TimeSpan.Zero, isAlive: true),
        .. Volatile.Read(ref _seen).Values.Select(s => s.Node).OrderBy(n => n.StartedAt),
    ];

    /// <summary>Whether a node that is alive has a role; true as long as this process has not looked for others yet.</summary>
    public bool Has(string role) => (!_hasLooked && !IsAlone) || All.Any(n => n.IsAlive && n.Roles.Contains(role));

    /// <summary>Leaves a sign of life.</summary>
    public async Task SignAsync(CancellationToken cancellationToken)
    {
        var body = _json.Write(_self with { At = _clock.GetUtcNow() });
        await WriteAsync(new DocumentWrite(NodeSign.Kind, _name, null, body, ++_version), cancellationToken);
    }

    /// <summary>Withdraws it, so that the others know at once that this node ends.</summary>
    public Task LeaveAsync() => WriteAsync(new DocumentWrite(NodeSign.Kind, _name, null, null, _version + 1), CancellationToken.None);

    /// <summary>Looks at the signs of the others, and removes those of nodes that have been dead for long.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var (former, seen) = (_seen, new Dictionary<string, Seen>(StringComparer.Ordinal));
        var now = _clock.GetTimestamp();
        string? after = null;
        do
        {
            var page = await _shards.First.Store.QueryAsync(new DocumentQuery(NodeSign.Kind, Page) { After = after }, cancellationToken);
            foreach (var found in page.Where(d => d.Id != _name))
            {
                var one = See(found, former.GetValueOrDefault(found.Id), now);
                if (_clock.GetElapsedTime(one.At, now) < _kept)
                {
                    seen.Add(found.Id, one);
                }
                else
                {
                    // Where it gave a sign meanwhile, nothing is stored.
                    var removal = new DocumentWrite(NodeSign.Kind, found.Id, null, null, found.Version + 1);
                    await WriteAsync(removal with { ExpectedVersion = found.Version }, cancellationToken);
                }
            }

            after = page.Count == Page ? page[^1].Id : null;
        }
        while (after is not null);

        Volatile.Write(ref _seen, seen);
        _hasLooked = true;
    }

    private Seen See(Document found, Seen? former, long now)
    {
        var sign = _json.Read<NodeSign>(found.Body);
        if (former?.Version != found.Version)
        {
            // Changed since the last look, or seen for the first time.
            var silence = former is null ? (_clock.GetUtcNow() - sign.At).Duration() : TimeSpan.Zero;
            return new Seen(found.Version, now, silence, KnownNode.Of(found.Id, sign, silence, silence < _tolerance));
        }

        var since = _clock.GetElapsedTime(former.At, now);
        var isAlive = former.Node.IsAlive && since < _longestSilence;
        return former with { Node = KnownNode.Of(found.Id, sign, former.Before + since, isAlive) };
    }

    private async Task WriteAsync(DocumentWrite document, CancellationToken cancellationToken) => await _shards.First.CommitAsync(
        new Commit { Id = Id.New(_clock, Bucket.Here), Bucket = Bucket.Here, Documents = [document] }, cancellationToken);

    // In this version since a look at that time, when its sign was so old already.
    private sealed record Seen(long Version, long At, TimeSpan Before, KnownNode Node);
}

/// <summary>A node of the deployment.</summary>
/// <param name="Name">Its name in leases; new at each start.</param>
/// <param name="Host">Name of the machine that it runs on.</param>
/// <param name="Roles">What it does.</param>
/// <param name="Version">Of the program.</param>
/// <param name="StartedAt">By its own clock, UTC.</param>
/// <param name="Silence">How long its last sign of life was ago at the last look.</param>
/// <param name="IsAlive">Whether it gave one lately.</param>
public sealed record KnownNode(
    string Name, string Host, IReadOnlyList<string> Roles, string Version, DateTimeOffset StartedAt, TimeSpan Silence, bool IsAlive)
{
    internal static KnownNode Of(string name, NodeSign sign, TimeSpan silence, bool isAlive) =>
        new(name, sign.Host, sign.Roles, sign.Version, sign.StartedAt, silence, isAlive);
}

/// <summary>The sign of life that a node leaves.</summary>
/// <param name="Host">Name of the machine.</param>
/// <param name="Roles">What the node does.</param>
/// <param name="Version">Of the program.</param>
/// <param name="StartedAt">When the node started, by its own clock, UTC.</param>
/// <param name="At">When it gave this sign, by its own clock, UTC.</param>
internal sealed record NodeSign(string Host, IReadOnlyList<string> Roles, string Version, DateTimeOffset StartedAt, DateTimeOffset At)
{
    public const string Kind = "kernel.node.v1";
}
