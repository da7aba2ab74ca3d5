using System.Buffers.Binary;
using System.IO.Compression;

namespace Monolith.Modules.Tests.Media.Imaging;

/// <summary>Writes PNG files by hand (RFC 2083), so that tests need no image files and can lie in a header.</summary>
internal static class Png
{
    public const byte Grey = 0;
    public const byte Rgb = 2;
    public const byte Rgba = 6;

    private static readonly uint[] _crcs = [.. Enumerable.Range(0, 256).Select(CrcOf)];

    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="pixel">Gives the samples at x, y: as many bytes as the colour type has.</param>
    /// <param name="colour">One of the colour types above.</param>
    /// <param name="bits">Of a sample: 8, or 16 with two bytes each, the higher first.</param>
    public static byte[] Draw(int width, int height, Func<int, int, byte[]> pixel, byte colour = Rgb, byte bits = 8)
    {
        using var rows = new MemoryStream();
        for (var y = 0; y < height; y++)
        {
            rows.WriteByte(0);
            for (var x = 0; x < width; x++)
            {
                rows.Write(pixel(x, y));
            }
        }

        return Write(width, height, colour, bits, Deflate(rows.ToArray()));
    }

    /// <summary>A real bomb: all pixels are there, black, and pack into about a thousandth.</summary>
    public static byte[] Bomb(int side)
    {
        using var packed = new MemoryStream();
        using (var deflate = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var row = new byte[1 + ((side + 7) / 8)];
            for (var y = 0; y < side; y++)
            {
                deflate.Write(row);
            }
        }

        return Write(side, side, Grey, 1, packed.ToArray());
    }

    /// <summary>Reads one pixel of an 8-bit image whose rows have no filter.</summary>
    public static byte[] PixelAt(byte[] png, double across, double down)
    {
        using var packed = new MemoryStream();
        var header = png.AsSpan(16, 13);
        for (var at = 8; at < png.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            if (png.AsSpan(at + 4, 4).SequenceEqual("IDAT"u8))
            {
                packed.Write(png, at + 8, length);
            }

            at += length + 12;
        }

        packed.Position = 0;
        using var inflate = new ZLibStream(packed, CompressionMode.Decompress);
        using var rows = new MemoryStream();
        inflate.CopyTo(rows);

        var (width, height) = (BinaryPrimitives.ReadInt32BigEndian(header), BinaryPrimitives.ReadInt32BigEndian(header[4..]));
        var samples = header[9] switch { Grey => 1, Rgb => 3, Rgba => 4, _ => 2 };
        var (x, y) = ((int)(width * across), (int)(height * down));
        return rows.ToArray().AsSpan((y * (1 + (width * samples))) + 1 + (x * samples), samples).ToArray();
    }

    private static byte[] Write(int width, int height, byte colour, byte bits, byte[] data)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (bits, colour);
        return [0x89, .. "PNG\r\n\x1a\n"u8, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, data), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> name, byte[] data)
    {
        byte[] body = [.. name, .. data];
        var crc = ~body.Aggregate(uint.MaxValue, (crc, next) => _crcs[(byte)crc ^ next] ^ (crc >> 8));
        return [.. BigEndian((uint)data.Length), .. body, .. BigEndian(crc)];
    }

    private static byte[] Deflate(byte[] data)
    {
        using var packed = new MemoryStream();
        using (var deflate = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(data);
        }

        return packed.ToArray();
    }

    private static byte[] BigEndian(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static uint CrcOf(int index) =>
        Enumerable.Range(0, 8).Aggregate((uint)index, (crc, _) => (crc & 1) == 1 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1);
}
