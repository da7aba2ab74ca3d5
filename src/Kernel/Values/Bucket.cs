using System.Buffers.Binary;

namespace Monolith.Kernel.Values;

/// <summary>One of 4,096 fixed partitions. Everything that a user owns lies in the user's bucket.</summary>
public readonly record struct Bucket
{
    /// <summary>How many buckets there are: the 12 bits that RFC 9562 leaves free in a UUIDv7 (<c>rand_a</c>).</summary>
    public const int Count = 4096;

    /// <param name="number">0 to 4,095.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside of that range.</exception>
    public Bucket(int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, Count);
        Number = number;
    }

    /// <summary>Numbers the bucket from 0 to 4,095.</summary>
    public int Number { get; }

    /// <summary>Reads the bucket that an id carries in its <c>rand_a</c> bits.</summary>
    public static Bucket Of(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return new Bucket(BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & 0xFFF);
    }

    /// <summary>Maps a keyed hash to a bucket by its first 12 bits.</summary>
    /// <param name="hash">Two bytes or more, evenly distributed.</param>
    public static Bucket Of(ReadOnlySpan<byte> hash) => new(BinaryPrimitives.ReadUInt16BigEndian(hash) >> 4);

    /// <summary>Writes the number.</summary>
    public override string ToString() => Number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
