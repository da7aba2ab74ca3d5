namespace Monolith.Kernel.Subscriptions;

/// <summary>
/// Where a followed projection stands in a shard: who runs it, which views are read, and which are being built. Changed by compare-and-set
/// only.
/// </summary>
/// <param name="Owner">The node that holds the lease; empty when it was given back.</param>
/// <param name="ExpiresAt">Until when, UTC.</param>
/// <param name="Live">The views that are read.</param>
/// <param name="Next">The views that are being built to replace them; null when none are.</param>
/// <param name="Retired">Former views that are still to be deleted.</param>
/// <param name="LastSwitch">How the live views came to be; null for the first ones.</param>
internal sealed record FollowedState(
    string Owner, DateTimeOffset ExpiresAt, ViewGeneration Live, ViewGeneration? Next, IReadOnlyList<RetiredViews> Retired,
    ViewSwitch? LastSwitch)
{
    public const string Kind = "kernel.followed.v1";

    /// <summary>What a projection begins with.</summary>
    public static FollowedState First(int version) => new("", default, new ViewGeneration(1, version, 0), null, [], null);

    /// <summary>What a version of the code must at least be to run it.</summary>
    public int Version => (Next ?? Live).Version;

    /// <summary>Begins new views, in place of those that may be under way.</summary>
    public FollowedState Begin(int version) => Abandon() with { Next = new ViewGeneration(NewNumber, version, 0) };

    /// <summary>Abandons what is being built. It has no readers, so it can go at once.</summary>
    public FollowedState Abandon() =>
        Next is null ? this : this with { Next = null, Retired = [.. Retired, new RetiredViews(Next.Number, default)] };

    /// <summary>Begins again with nothing: what is there was folded from events that did not happen.</summary>
    public FollowedState StartOver()
    {
        var without = Abandon();
        return without with
        {
            Owner = "", ExpiresAt = default, Live = new ViewGeneration(without.NewNumber, Live.Version, 0),
            Retired = [.. without.Retired, new RetiredViews(Live.Number, default)],
        };
    }

    private int NewNumber => new[] { Live.Number, Next?.Number ?? 0 }.Concat(Retired.Select(r => r.Number)).Max() + 1;
}

/// <summary>All views of a projection that were built together.</summary>
/// <param name="Number">Rises with each rebuild.</param>
/// <param name="Version">Of the projection that built them.</param>
/// <param name="Position">Everything up to here is in them.</param>
internal sealed record ViewGeneration(int Number, int Version, long Position)
{
    /// <summary>
    /// The epoch of the shard map that says which buckets' whole past is in them, from 1; null for those of before any bucket moved: all of
    /// this shard's log.
    /// </summary>
    public long? Epoch { get; init; }

    /// <summary>Kind of their documents.</summary>
    public static string KindOf(string projection, int number) => $"{projection}@{number}";
}

/// <summary>Views without readers.</summary>
/// <param name="Number">Which ones.</param>
/// <param name="Since">When they were replaced, UTC.</param>
internal sealed record RetiredViews(int Number, DateTimeOffset Since);

/// <summary>How views were replaced by new ones.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Documents">How many there are now.</param>
/// <param name="Differing">
/// How many were otherwise before, missing or too many; null where they were not comparable: another version made them.
/// </param>
public sealed record ViewSwitch(DateTimeOffset At, long Documents, long? Differing);
