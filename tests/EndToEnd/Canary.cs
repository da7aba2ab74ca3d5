using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Monolith.EndToEnd.Tests;

/// <summary>A text that occurs nowhere else, planted to see where it gets to.</summary>
internal sealed record Canary(string What, string Text)
{
    /// <summary>Makes one. The letter that is no ASCII is written differently by every encoding.</summary>
    public static Canary New(string what) => new(what, $"Canary-ë-{RandomNumberGenerator.GetHexString(32, lowercase: true)}");

    /// <summary>Tells which files below a directory hold it, in whatever encoding, and whether the text does.</summary>
    public IEnumerable<string> FindIn(string directory, string text)
    {
        var forms = Forms().ToList();
        foreach (var path
            in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Where(
                p => !p.EndsWith(".lock", StringComparison.Ordinal)))
        {
            var bytes = Read(path);
            foreach (var (form, _) in forms.Where(f => bytes.AsSpan().IndexOf(f.Bytes) >= 0))
            {
                yield return $"{What} in {Path.GetRelativePath(directory, path)} as {form}";
            }
        }

        var output = Encoding.UTF8.GetBytes(text);
        foreach (var (form, _) in forms.Where(f => output.AsSpan().IndexOf(f.Bytes) >= 0))
        {
            yield return $"{What} in the log as {form}";
        }
    }

    /// <summary>A PNG image of one pixel with this text in it, as cameras and programs leave texts in files.</summary>
    public byte[] ToImage()
    {
        const string Black = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
        var image = Convert.FromBase64String(Black);
        var content = Encoding.UTF8.GetBytes($"iTXtComment\0\0\0\0\0{Text}");
        var chunk = new byte[4 + content.Length + 4];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length - 4);
        content.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4 + content.Length), Crc(content));

        // After the signature and the header chunk.
        return [.. image[..33], .. chunk, .. image[33..]];
    }

    private IEnumerable<(string Form, byte[] Bytes)> Forms()
    {
        var utf8 = Encoding.UTF8.GetBytes(Text);
        yield return ("UTF-8", utf8);
        yield return ("UTF-16", Encoding.Unicode.GetBytes(Text));
        yield return ("UTF-16, big-endian", Encoding.BigEndianUnicode.GetBytes(Text));
        yield return ("escaped JSON", Encoding.UTF8.GetBytes(JsonEncodedText.Encode(Text).ToString()));
        yield return ("percent encoding", Encoding.UTF8.GetBytes(Uri.EscapeDataString(Text)));
        yield return ("hexadecimal digits", Encoding.UTF8.GetBytes(Convert.ToHexStringLower(utf8)));

        // The plain part alone is in every encoding that leaves letters as they are, whatever it does with the other one.
        yield return ("plain letters", utf8[^32..]);
        for (var shift = 0; shift < 3; shift++)
        {
            // What stands before it decides how its bytes fall into groups of three; the groups that it fills alone stay.
            var groups = Convert.ToBase64String([.. new byte[shift], .. utf8]);
            var whole = groups[(shift == 0 ? 0 : 4)..((shift + utf8.Length) / 3 * 4)];
            yield return ($"base64 at {shift}", Encoding.UTF8.GetBytes(whole));
            yield return ($"base64url at {shift}", Encoding.UTF8.GetBytes(whole.Replace('+', '-').Replace('/', '_')));
        }
    }

    private static byte[] Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();
            file.CopyTo(bytes);
            return bytes.ToArray();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return []; // deleted since it was listed
        }
    }

    // CRC-32 as PNG has it (ISO 3309).
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
            }
        }

        return ~crc;
    }
}
