using System.Globalization;
using System.Text;

namespace Monolith.Adapters.Embedded;

/// <summary>Writes mail in the Internet Message Format (RFC 5322), UTF-8.</summary>
internal static class InternetMessage
{
    // RFC 2047 §2: an encoded word has at most 75 characters; "=?utf-8?B?" and "?=" leave 63, which is 47 bytes in base64, and 45 without
    // padding.
    private const int EncodedBytes = 45;

    // RFC 5322 §2.1.1, in octets and without the line end.
    private const int MaxLine = 998;

    /// <summary>Writes a mail.</summary>
    /// <exception cref="ArgumentException">The address is not one address, or the subject not one line.</exception>
    public static byte[] Write(Mail mail, string from, DateTimeOffset at)
    {
        mail.Check();
        var text = mail.Text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n')
            .Replace("\n", "\r\n", StringComparison.Ordinal);
        var isPlain = !text.Contains('\0', StringComparison.Ordinal)
            && text.Split("\r\n").All(line => Encoding.UTF8.GetByteCount(line) <= MaxLine);
        var body = isPlain ? text : Convert.ToBase64String(Encoding.UTF8.GetBytes(text), Base64FormattingOptions.InsertLineBreaks);
        string[] lines =
        [
            $"Date: {at.ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)} +0000",
            $"From: {from}",
            $"To: {mail.To}",
            $"Message-ID: <{mail.Id}@{from[(from.IndexOf('@', StringComparison.Ordinal) + 1)..]}>",
            $"Subject: {Encode(mail.Subject)}",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            $"Content-Transfer-Encoding: {(isPlain ? "8bit" : "base64")}",
            "",
            body,
        ];
        return Encoding.UTF8.GetBytes(string.Join("\r\n", lines) + "\r\n");
    }

    // Long ones too, because encoded words are where a line can be folded without changing the text.
    private static string Encode(string subject)
    {
        var isPlain = subject.Length <= 60 && subject.All(c => c is >= ' ' and <= '~') && !subject.Contains("=?", StringComparison.Ordinal);
        return isPlain ? subject : string.Join("\r\n ", Pieces(subject).Select(p => $"=?utf-8?B?{Convert.ToBase64String(p)}?="));
    }

    // RFC 2047 §5: no character may lie in two encoded words.
    private static IEnumerable<byte[]> Pieces(string text)
    {
        var piece = new List<byte>(EncodedBytes);
        foreach (var rune in text.EnumerateRunes())
        {
            var bytes = Encoding.UTF8.GetBytes(rune.ToString());
            if (piece.Count + bytes.Length > EncodedBytes)
            {
                yield return [.. piece];
                piece.Clear();
            }

            piece.AddRange(bytes);
        }

        yield return [.. piece];
    }
}
