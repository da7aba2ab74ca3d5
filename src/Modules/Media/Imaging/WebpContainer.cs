using System.Buffers.Binary;

namespace Monolith.Media.Imaging;

/// <summary>
/// Takes the metadata out of a WebP file (RFC 9649), because libvips 8.14.1 leaves it in: its WebP saver does not look at <c>strip</c>.
/// </summary>
internal static class WebpContainer
{
    private const int FileHeader = 12;
    private const int ChunkHeader = 8;
    private const byte AlphaFlag = 0x10;

    /// <summary>
    /// Keeps the chunks of a still picture and nothing else: no EXIF, XMP, ICC profile, and none that are yet to be invented.
    /// </summary>
    /// <param name="webp">A well-formed file, as an encoder wrote it.</param>
    public static byte[] Strip(ReadOnlySpan<byte> webp)
    {
        var stripped = new byte[webp.Length];
        webp[..FileHeader].CopyTo(stripped);
        var end = FileHeader;
        for (var at = FileHeader; at + ChunkHeader <= webp.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(webp[(at + 4)..]);
            var chunk = webp.Slice(at, Math.Min(ChunkHeader + length + (length & 1), webp.Length - at));
            if (IsPicture(chunk))
            {
                chunk.CopyTo(stripped.AsSpan(end));
                if (chunk.StartsWith("VP8X"u8))
                {
                    stripped[end + ChunkHeader] &= AlphaFlag;
                }

                end += chunk.Length;
            }

            at += chunk.Length;
        }

        BinaryPrimitives.WriteInt32LittleEndian(stripped.AsSpan(4), end - ChunkHeader);
        return stripped[..end];
    }

    // The extended header only announces the others; without transparency nothing is left to announce.
    private static bool IsPicture(ReadOnlySpan<byte> chunk) =>
        chunk.StartsWith("VP8 "u8)
        || chunk.StartsWith("VP8L"u8)
        || chunk.StartsWith("ALPH"u8)
        || (chunk.StartsWith("VP8X"u8) && (chunk[ChunkHeader] & AlphaFlag) != 0);
}
