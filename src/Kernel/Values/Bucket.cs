using System.Buffers.Binary;
using System.Globalization;

namespace Monolith.Kernel.Values;

/// <summary>A place to lie in: one of 4,096 fixed partitions, and within it the person whose it is.</summary>
/// <remarks>
/// Everything that a user owns lies in the user's place. Two values are equal when bucket and kin are; whether two things lie in one bucket
/// is told by <see cref="Number"/>. The default is <see cref="Here"/>.
/// </remarks>
public readonly record struct Bucket
{
    /// <summary>How many buckets there are: the 12 bits that RFC 9562 leaves free in a UUIDv7 (<c>rand_a</c>).</summary>
    public const int Count = 4096;

    /// <summary>How many kins a bucket has: 18 bits. Kin 0 belongs to no person.</summary>
    public const int KinCount = 1 << KinBits;

    /// <summary>How many bits of an id's <c>rand_b</c> stay random behind the kin.</summary>
    internal const int RandomBits = 62 - KinBits;

    private const int KinBits = 18;

    /// <summary>Names what belongs to no person in a bucket: kin 0.</summary>
    /// <param name="number">0 to 4,095.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside of that range.</exception>
    public Bucket(int number)
        : this(number, kin: 0)
    {
    }

    /// <summary>Names the place of one person in a bucket.</summary>
    /// <param name="number">0 to 4,095.</param>
    /// <param name="kin">1 to 262,143; 0 for what belongs to no person.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is outside of its range.</exception>
    public Bucket(int number, int kin)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, Count);
        ArgumentOutOfRangeException.ThrowIfNegative(kin);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(kin, KinCount);
        Next = ((number << KinBits) | kin) + 1;
    }

    /// <summary>The shard itself, code −1: the place of checkpoints, leases and all else that stays where it is.</summary>
    /// <remarks>Every shard holds it, it never moves, and no epoch is looked at.</remarks>
    public static Bucket Here => default;

    /// <summary>Whether this is <see cref="Here"/>.</summary>
    public bool IsHere => Next == 0;

    /// <summary>Numbers the place as it is stored: bucket × 2¹⁸ + kin, from 0 to 2³⁰ − 1; −1 for <see cref="Here"/>.</summary>
    public int Code => Next - 1;

    /// <summary>Numbers the bucket from 0 to 4,095; −1 for <see cref="Here"/>.</summary>
    public int Number => Code >> KinBits;

    /// <summary>Numbers the person within the bucket, from 1 to 262,143; 0 for what belongs to no person.</summary>
    public int Kin => IsHere ? 0 : Code & (KinCount - 1);

    // One more than the code, so that the default is Here.
    private int Next { get; init; }

    /// <summary>Reads a stored number back.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No place has that code.</exception>
    public static Bucket FromCode(int code) =>
        TryFromCode(code, out var bucket) ? bucket : throw new ArgumentOutOfRangeException(nameof(code), code, "No place has that code.");

    /// <summary>Reads a number that may be none; false when no place has it.</summary>
    public static bool TryFromCode(int code, out Bucket bucket)
    {
        var isCode = code is >= -1 and < Count << KinBits;
        bucket = isCode ? new Bucket { Next = code + 1 } : Here;
        return isCode;
    }

    /// <summary>Reads the place that an id carries: the bucket in <c>rand_a</c>, the kin in the first 18 bits of <c>rand_b</c>.</summary>
    public static Bucket Of(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var number = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & 0xFFF;
        var kin = (int)(BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) >> RandomBits) & (KinCount - 1);
        return new Bucket { Next = ((number << KinBits) | kin) + 1 };
    }

    /// <summary>Maps a keyed hash to a bucket by its first 12 bits; kin 0.</summary>
    /// <param name="hash">Two bytes or more, evenly distributed.</param>
    public static Bucket Of(ReadOnlySpan<byte> hash) => new(BinaryPrimitives.ReadUInt16BigEndian(hash) >> 4);

    /// <summary>Writes the bucket's number, and the kin behind a dot where there is one.</summary>
    public override string ToString()
    {
        var number = Number.ToString(CultureInfo.InvariantCulture);
        return IsHere ? "here" : Kin == 0 ? number : string.Create(CultureInfo.InvariantCulture, $"{number}.{Kin}");
    }
}
