using System.Buffers.Binary;
using Microsoft.Extensions.Logging.Abstractions;
using Monolith.Media.Imaging;
using NetVips;

namespace Monolith.Modules.Tests.Media.Imaging;

/// <summary>Images for tests, made by the engine out of hand-written PNG files.</summary>
internal static class Pictures
{
    /// <summary>With a clock that stands still: how long an image takes depends on what else the machine does.</summary>
    public static readonly ImageEngine Engine = EngineWith(new ImageLimits());

    // Twelve megapixels of slopes with noise in every third pixel: about four megabytes, as a telephone makes them.
    private static readonly Lazy<Task<byte[]>> _lazyPhoto = new(() => JpegAsync(Slopes(4000, 3000), quality: 85));

    public static Task<byte[]> PhotoAsync() => _lazyPhoto.Value;

    public static ImageEngine EngineWith(ImageLimits limits, FakeClock? clock = null) =>
        new(limits, clock ?? new FakeClock(), NullLogger<ImageEngine>.Instance);

    /// <summary>Something to see everywhere, so that damage anywhere shows.</summary>
    public static byte[] Slopes(int width, int height)
    {
        var noise = 1u;
        return Png.Draw(width, height, (x, y) =>
        {
            noise = (noise * 1664525) + 1013904223;
            var grain = (int)(noise >> 24) / 6;
            return [(byte)((x * 200 / width) + grain), (byte)((y * 200 / height) + grain), (byte)(((x + y) & 127) + grain)];
        });
    }

    /// <summary>Red on the left, blue on the right: tells how an image is turned.</summary>
    public static byte[] RedAndBlue(int width, int height) =>
        Png.Draw(width, height, (x, _) => x < width / 2 ? [220, 20, 20] : [20, 20, 220]);

    public static Task<byte[]> JpegAsync(byte[] image, int quality = 90) => AsAsync(image, ImageFormat.Jpeg, quality);

    public static Task<byte[]> WebpAsync(byte[] image) => AsAsync(image, ImageFormat.Webp, 90);

    /// <summary>Saves by another way than the engine, for what it never writes: metadata, profiles, CMYK, baseline JPEG.</summary>
    public static byte[] Save(byte[] image, Func<Image, byte[]> save, Func<Image, Image>? change = null)
    {
        Assert.Null(Libvips.Problem); // Looking starts it, and shuts the other loaders.
        using var work = new ImageWork(image, CancellationToken.None);
        Assert.True(ImageFormats.TrySniff(image, out var format));
        var decoded = work.Decode(format, shrink: 1);
        return save(change is null ? decoded : work.Apply(decoded, change));
    }

    /// <summary>The samples of one pixel, by its place from 0 to 1.</summary>
    public static byte[] PixelAt(byte[] image, double across, double down) =>
        Png.PixelAt(Save(image, i => i.PngsaveBuffer(filter: Enums.ForeignPngFilter.None)), across, down);

    /// <summary>Puts an EXIF segment (CIPA DC-008) with an orientation and a place into a JPEG, as a telephone does.</summary>
    public static byte[] WithExif(byte[] jpeg, short orientation)
    {
        byte[] tiff =
        [
            .. "MM\0*\0\0\0\x08"u8,
            0, 2, // entries of the first directory
            0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, // orientation
            0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38, // where the GPS directory lies
            0, 0, 0, 0,
            0, 1, // entries of the GPS directory
            0, 29, 0, 2, 0, 0, 0, 11, 0, 0, 0, 56, // date stamp
            0, 0, 0, 0,
            .. "2026:01:02\0"u8,
        ];
        return WithSegment(jpeg, 0xE1, [.. "Exif\0\0"u8, .. tiff]);
    }

    public static byte[] WithSegment(byte[] jpeg, byte marker, ReadOnlySpan<byte> content)
    {
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)(content.Length + 2));
        return [.. jpeg.AsSpan(0, 2), 0xFF, marker, .. length, .. content, .. jpeg.AsSpan(2)];
    }

    /// <summary>Two frames of 8 by 8 in a WebP container, laid out by hand.</summary>
    public static byte[] Animation()
    {
        var still = Save(Slopes(8, 8), i => i.WebpsaveBuffer(lossless: true, keep: Enums.ForeignKeep.None)).AsSpan(12);
        byte[] frame = [0, 0, 0, 0, 0, 0, 7, 0, 0, 7, 0, 0, 100, 0, 0, 0, .. still];
        byte[] chunks =
        [
            .. "WEBP"u8,
            .. "VP8X\x0a\0\0\0"u8, 0x02, 0, 0, 0, 7, 0, 0, 7, 0, 0, // animated; the size less one
            .. "ANIM\x06\0\0\0"u8, 0, 0, 0, 0, 0, 0,
            .. "ANMF"u8, .. LittleEndian(frame.Length), .. frame,
            .. "ANMF"u8, .. LittleEndian(frame.Length), .. frame,
        ];
        return [.. "RIFF"u8, .. LittleEndian(chunks.Length), .. chunks];
    }

    private static byte[] LittleEndian(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static async Task<byte[]> AsAsync(byte[] image, ImageFormat format, int quality)
    {
        var recipe = new Recipe(16_383, 16_383, Fit.Inside) { Output = format, Quality = quality };
        var made = await Engine.MakeAsync(image, recipe, TestContext.Current.CancellationToken);
        return made.TryGet(out var result, out var error) ? result.Bytes : throw new InvalidOperationException(error.Detail);
    }
}
