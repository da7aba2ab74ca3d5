using System.Globalization;
using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Subscriptions;

/// <summary>Keys of views that stand for a day each, in UTC: <c>2026-07-01</c>.</summary>
public static class DayKeys
{
    private static readonly IndexEntry _isDay = new("is", "day");

    /// <summary>The day on which an event was decided.</summary>
    public static string Of(StoredEvent stored) => stored.At.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>By what days are found among the views of a projection that has others too.</summary>
    public static IReadOnlyList<IndexEntry> EntriesOf(string key) => Read(key) is null ? [] : [_isDay];

    /// <summary>Asks for the latest days that have a view.</summary>
    public static DocumentQuery Latest(int count) => new("", count) { Entry = _isDay, IsDescending = true };

    /// <summary>Puts together the views of a day that come from several shards, latest day first.</summary>
    public static IReadOnlyList<T> Merge<TView, T>(
        IEnumerable<(string Key, TView View)> views, int count, Func<DateOnly, IReadOnlyList<TView>, T> merge) =>
    [
        .. views.GroupBy(v => v.Key, v => v.View).OrderByDescending(d => d.Key, StringComparer.Ordinal).Take(count)
            .Select(d => merge(Read(d.Key)!.Value, [.. d])), // found as days, so they are
    ];

    private static DateOnly? Read(string key) =>
        DateOnly.TryParseExact(key, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;
}
