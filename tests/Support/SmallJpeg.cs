using System.Buffers.Binary;

namespace Monolith.Support;

/// <summary>
/// Makes small grey mosaics as baseline JPEG (ITU-T T.81), no two alike: real pictures, without a tool that might be missing.
/// </summary>
internal static class SmallJpeg
{
    private const int Blocks = 30; // in each direction, of 8 pixels

    // 0 means "no difference to the block before"; n means that n bits follow. All codes have four bits, so a code is its category.
    private static readonly byte[] _categories = [0, 1, 2, 3, 4, 5, 6, 7];

    public static byte[] Make(Random random)
    {
        var bytes = new List<byte> { 0xFF, 0xD8 };
        Segment(0xDB, [0, .. Enumerable.Repeat((byte)8, 64)]);
        var frame = new byte[] { 8, 0, 0, 0, 0, 1, 1, 0x11, 0 };
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), Blocks * 8);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(3), Blocks * 8);
        Segment(0xC0, frame);
        Segment(0xC4, [0x00, 0, 0, 0, (byte)_categories.Length, .. new byte[12], .. _categories]);
        Segment(0xC4, [0x10, 1, .. new byte[15], 0]); // one code, of one bit: the end of a block
        Segment(0xDA, [1, 1, 0, 0, 63, 0]);
        foreach (var b in Scan(random))
        {
            bytes.Add(b);
            if (b == 0xFF)
            {
                bytes.Add(0);
            }
        }

        return [.. bytes, 0xFF, 0xD9];

        void Segment(byte marker, byte[] content)
        {
            bytes.AddRange([0xFF, marker, (byte)((content.Length + 2) >> 8), (byte)(content.Length + 2)]);
            bytes.AddRange(content);
        }
    }

    private static byte[] Scan(Random random)
    {
        var bits = new List<bool>();
        var grey = 0;
        for (var block = 0; block < Blocks * Blocks; block++)
        {
            var next = random.Next(-50, 51);
            var difference = next - grey;
            grey = next;
            var size = difference == 0 ? 0 : (int)Math.Log2(Math.Abs(difference)) + 1;
            Add(size, 4);
            Add(difference > 0 ? difference : difference + (1 << size) - 1, size);
            Add(0, 1);
        }

        // The last byte is filled with ones, and each byte begins with its highest bit.
        bits.AddRange(Enumerable.Repeat(true, (8 - (bits.Count % 8)) % 8));
        return [.. bits.Chunk(8).Select(eight => (byte)eight.Aggregate(0, (value, bit) => (value << 1) | (bit ? 1 : 0)))];

        void Add(int value, int count)
        {
            for (var bit = count - 1; bit >= 0; bit--)
            {
                bits.Add(((value >> bit) & 1) == 1);
            }
        }
    }
}
