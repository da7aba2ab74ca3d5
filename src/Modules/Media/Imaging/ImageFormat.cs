namespace Monolith.Media.Imaging;

/// <summary>What is taken in and given out. Everything else is refused before libvips sees a byte of it.</summary>
internal enum ImageFormat
{
    Jpeg,
    Png,
    Webp,
}

/// <summary>Knows a format by its first bytes, and its names.</summary>
internal static class ImageFormats
{
    /// <summary>How many bytes decide: <c>RIFF</c>, a length, <c>WEBP</c>.</summary>
    public const int HeadLength = 12;

    // Ours and not vips_foreign_find_load_buffer: that one runs the sniffers of every loader, blocked ones too.
    public static bool TrySniff(ReadOnlySpan<byte> head, out ImageFormat format)
    {
        ImageFormat? sniffed = head switch
        {
            [0xFF, 0xD8, 0xFF, ..] => ImageFormat.Jpeg,
            [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => ImageFormat.Png,
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => ImageFormat.Webp,
            _ => null,
        };
        format = sniffed.GetValueOrDefault();
        return sniffed.HasValue;
    }

    public static string ContentType(this ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => "image/jpeg",
        ImageFormat.Png => "image/png",
        ImageFormat.Webp => "image/webp",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    /// <summary>The usual ending of a file's name, without the dot.</summary>
    public static string Extension(this ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => "jpg",
        ImageFormat.Png => "png",
        ImageFormat.Webp => "webp",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };
}
