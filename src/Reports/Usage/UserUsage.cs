using System.Collections.Immutable;

namespace Monolith.Reports.Usage;

/// <summary>What one user did and stores: one document, so that an erasure deletes all of it at once.</summary>
/// <param name="Id">Of the user.</param>
/// <param name="FirstWeek">Monday of the first week that there is anything of.</param>
/// <param name="LastWeek">Monday of the last one.</param>
/// <param name="StoredBytes">Of the originals that are stored now.</param>
/// <param name="Photos">Their sizes: the event of a deletion does not tell the size.</param>
/// <param name="Weeks">Those in which there was something, the earliest first.</param>
internal sealed record UserUsage(
    Guid Id, DateOnly FirstWeek, DateOnly LastWeek, long StoredBytes, ImmutableDictionary<Guid, long> Photos,
    ImmutableList<UsageWeek> Weeks)
{
    /// <summary>Someone registered.</summary>
    public static UserUsage Begin(Guid id, DateOnly day) =>
        new(id, UsageWeek.Of(day), UsageWeek.Of(day), 0, ImmutableDictionary<Guid, long>.Empty, []);

    /// <summary>Counts a day on which the user was there.</summary>
    public UserUsage Active(DateOnly day) => In(day, week => week with { ActiveDays = week.ActiveDays + 1 });

    /// <summary>Counts a log-in.</summary>
    public UserUsage LoggedIn(DateOnly day) => In(day, week => week with { LogIns = week.LogIns + 1 });

    /// <summary>Adds a photo.</summary>
    public UserUsage Uploaded(DateOnly day, Guid photo, long bytes) =>
        (this with { StoredBytes = StoredBytes + bytes, Photos = Photos.Add(photo, bytes) })
        .In(day, week => week with { Uploads = week.Uploads + 1, UploadedBytes = week.UploadedBytes + bytes });

    /// <summary>Takes a photo away.</summary>
    public UserUsage Deleted(DateOnly day, Guid photo) => Photos.TryGetValue(photo, out var bytes)
        ? (this with { StoredBytes = StoredBytes - bytes, Photos = Photos.Remove(photo) })
            .In(day, week => week with { Deletions = week.Deletions + 1 })
        : this;

    private UserUsage In(DateOnly day, Func<UsageWeek, UsageWeek> change)
    {
        // The last one, nearly always; nodes' clocks differ by less than a week.
        var monday = UsageWeek.Of(day);
        var at = Weeks.FindLastIndex(week => week.Week <= monday);
        var isThere = at >= 0 && Weeks[at].Week == monday;
        var week = change(isThere ? Weeks[at] : new UsageWeek(monday, 0, 0, 0, 0, 0, 0)) with { StoredBytes = StoredBytes };
        var weeks = isThere ? Weeks.SetItem(at, week) : Weeks.Insert(at + 1, week);
        return this with { Weeks = weeks, FirstWeek = weeks[0].Week, LastWeek = weeks[^1].Week };
    }
}

/// <summary>What a user did in a week.</summary>
/// <param name="Week">Its Monday, UTC.</param>
/// <param name="ActiveDays">On how many days there was a request with a session.</param>
/// <param name="LogIns">How many sessions began.</param>
/// <param name="Uploads">How many photos came.</param>
/// <param name="Deletions">How many went.</param>
/// <param name="UploadedBytes">Of the photos that came: their originals.</param>
/// <param name="StoredBytes">Of all originals, after the last of all this.</param>
internal sealed record UsageWeek(
    DateOnly Week, int ActiveDays, int LogIns, int Uploads, int Deletions, long UploadedBytes, long StoredBytes)
{
    /// <summary>The Monday of the week of a day.</summary>
    public static DateOnly Of(DateOnly day) => day.AddDays(-(((int)day.DayOfWeek + 6) % 7));
}
