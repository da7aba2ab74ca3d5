using System.Globalization;

namespace Monolith.Pages;

/// <summary>Writes figures for people.</summary>
internal static class Text
{
    /// <summary>Writes a size: 812 bytes, 14 KB, 5.2 MB.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1 << 10 => Invariant($"{bytes} bytes"),
        < 1 << 20 => Invariant($"{bytes / 1024.0:0} KB"),
        _ => Invariant($"{bytes / 1048576.0:0.#} MB"),
    };

    /// <summary>Writes a moment: 12 May 2026, 14:03 UTC.</summary>
    public static string Moment(DateTimeOffset at) => Invariant($"{at.UtcDateTime:d MMMM yyyy, HH:mm} UTC");

    /// <summary>Writes how long to wait, rounded up.</summary>
    public static string Wait(TimeSpan? wait) => wait is { TotalSeconds: >= 90 } minutes
        ? Invariant($"{Math.Ceiling(minutes.TotalMinutes):0} minutes")
        : Invariant($"{Math.Max(1, Math.Ceiling(wait?.TotalSeconds ?? 1)):0} seconds");

    /// <summary>Writes the name of an image type: JPEG for <c>image/jpeg</c>.</summary>
    public static string Type(string contentType) => contentType switch
    {
        "image/webp" => "WebP",
        _ => contentType[(contentType.IndexOf('/', StringComparison.Ordinal) + 1)..].ToUpperInvariant(),
    };

    /// <summary>Writes a list: JPEG, PNG or WebP.</summary>
    public static string Or(IReadOnlyList<string> words) =>
        words.Count < 2 ? string.Concat(words) : $"{string.Join(", ", words.SkipLast(1))} or {words[^1]}";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
