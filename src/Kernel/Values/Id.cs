using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Kernel.Values;

/// <summary>A typed id: a UUIDv7 that carries the place of what it names. Written as 36 characters, lower case.</summary>
public interface IId<TSelf>
    where TSelf : struct, IId<TSelf>
{
    /// <summary>The UUIDv7.</summary>
    Guid Value { get; }

    /// <summary>Wraps a UUID without checking it.</summary>
    static abstract TSelf From(Guid value);
}

/// <summary>Makes, reads and derives ids.</summary>
public static class Id
{
    /// <summary>Makes a new id in a place. Ids made later sort later, to the millisecond; within one there is no order.</summary>
    public static TId New<TId>(TimeProvider clock, Bucket bucket)
        where TId : struct, IId<TId> => TId.From(New(clock, bucket));

    /// <summary>Makes a new id for what lies in the same place as its owner.</summary>
    public static TId NewFor<TId, TOwner>(TimeProvider clock, TOwner owner)
        where TId : struct, IId<TId>
        where TOwner : struct, IId<TOwner> => TId.From(New(clock, Values.Bucket.Of(owner.Value)));

    /// <summary>Makes a new untyped id in a place: for commits, events and messages.</summary>
    public static Guid New(TimeProvider clock, Bucket bucket)
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes[8..]);
        return Lay(bytes, clock.GetUtcNow().ToUnixTimeMilliseconds(), bucket);
    }

    /// <summary>Derives an id that is the same whenever it is derived again: what makes a repeated effect harmless.</summary>
    /// <param name="source">Where it comes from, an event for example. Gives the time and the place.</param>
    /// <param name="purpose">Keeps two ids derived from one source apart.</param>
    public static Guid Derive(Guid source, string purpose)
    {
        Span<byte> bytes = stackalloc byte[32];
        source.TryWriteBytes(bytes, bigEndian: true, out _);
        var millisecond = (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16);
        HMACSHA256.HashData(bytes[..16], System.Text.Encoding.UTF8.GetBytes(purpose), bytes);
        return Lay(bytes[..16], millisecond, Values.Bucket.Of(source));
    }

    /// <summary>Makes the one id that a place has for a purpose, in every deployment. Older than any that is made otherwise.</summary>
    /// <param name="bucket">In which it lies.</param>
    /// <param name="purpose">Keeps two such ids of one place apart.</param>
    public static Guid Of(Bucket bucket, string purpose)
    {
        Span<byte> bytes = stackalloc byte[32];
        SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(purpose), bytes);
        return Lay(bytes[..16], 0, bucket);
    }

    /// <summary>Reads the place that an id carries.</summary>
    public static Bucket Bucket<TId>(this TId id)
        where TId : struct, IId<TId> => Values.Bucket.Of(id.Value);

    // Guid.TryParseExact takes spaces around, and a sign or 0x in place of digits.
    private static readonly SearchValues<char> _inText = SearchValues.Create("0123456789abcdefABCDEF-");

    /// <summary>Reads the 36-character form, in either case. False for anything else, in any other spelling too.</summary>
    public static bool TryParse<TId>(string? text, out TId id)
        where TId : struct, IId<TId>
    {
        var value = Guid.Empty;
        var isId = !text.AsSpan().ContainsAnyExcept(_inText) && Guid.TryParseExact(text, "D", out value);
        id = TId.From(value);
        return isId;
    }

    // RFC 9562 §5.7: 48 bits of Unix milliseconds, version 7, rand_a, variant 2, rand_b.
    // The bucket is rand_a, its kin the first 18 bits of rand_b. What is of the shard itself carries zeros.
    private static Guid Lay(Span<byte> bytes, long millisecond, Bucket place)
    {
        var (number, kin) = place.IsHere ? (0, 0) : (place.Number, place.Kin);
        var random = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) & ((1UL << Values.Bucket.RandomBits) - 1);
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)millisecond << 16) | 0x7000 | (uint)number);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], (0b10UL << 62) | ((ulong)kin << Values.Bucket.RandomBits) | random);
        return new Guid(bytes, bigEndian: true);
    }
}

/// <summary>Reads and writes a typed id as a JSON string, as a value and as a key.</summary>
public sealed class IdJsonConverter<TId> : JsonConverter<TId>
    where TId : struct, IId<TId>
{
    /// <inheritdoc />
    public override TId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Id.TryParse<TId>(reader.GetString(), out var id) ? id : throw new JsonException("not an id");

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, TId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}
