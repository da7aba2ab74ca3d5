using System.Buffers;

namespace Monolith.Kernel.Ports;

/// <summary>The form that keys of blobs have in every store.</summary>
public static class BlobKeys
{
    private const int MaxLength = 200;
    private static readonly SearchValues<char> _allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_./");

    /// <summary>
    /// Lets a key of the right form through: 1 to 200 characters of <c>a-z 0-9 - _ . /</c>; no part of it is empty, <c>.</c> or <c>..</c>.
    /// </summary>
    /// <exception cref="ArgumentException">It has another form.</exception>
    public static string Check(string key) =>
        key.Length is > 0 and <= MaxLength && !key.AsSpan().ContainsAnyExcept(_allowed)
            && key.Split('/').All(part => part is not ("" or "." or ".."))
            ? key
            : throw new ArgumentException(
                "a key has 1 to 200 characters of a-z 0-9 - _ . / and no part that is empty, \".\" or \"..\"", nameof(key));
}
