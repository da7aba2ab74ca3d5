using System.Diagnostics.CodeAnalysis;

namespace Monolith.Adapters.Embedded;

/// <summary>What a parameter is bound to.</summary>
internal enum SqliteValueKind : byte
{
    /// <summary>The default, so that a value never given is null.</summary>
    Null,

    /// <summary>64 bits; times too, in Unix milliseconds.</summary>
    Number,

    /// <summary>Bound as UTF-8.</summary>
    Text,

    /// <summary>Bound as they are.</summary>
    Bytes,

    /// <summary>Bound as 16 bytes in the order of the text, so that it sorts by time.</summary>
    Guid,
}

/// <summary>A value for a parameter; a struct, so that binding allocates nothing.</summary>
[SuppressMessage(
    "Usage", "CA2225", Justification = "The conversions let a statement be run with plain arguments; a named one would have no caller.")]
[SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
internal readonly struct SqliteValue
{
    public SqliteValueKind Kind { get; private init; }

    public long Number { get; private init; }

    public string? Text { get; private init; }

    public ReadOnlyMemory<byte> Bytes { get; private init; }

    public Guid Guid { get; private init; }

    public static implicit operator SqliteValue(long number) => new() { Kind = SqliteValueKind.Number, Number = number };

    public static implicit operator SqliteValue(long? number) => number is { } value ? value : default(SqliteValue);

    public static implicit operator SqliteValue(string? text) =>
        text is null ? default : new() { Kind = SqliteValueKind.Text, Text = text };

    public static implicit operator SqliteValue(ReadOnlyMemory<byte> bytes) => new() { Kind = SqliteValueKind.Bytes, Bytes = bytes };

    public static implicit operator SqliteValue(byte[]? bytes) => bytes is null ? default : (SqliteValue)bytes.AsMemory();

    public static implicit operator SqliteValue(Memory<byte> bytes) => (ReadOnlyMemory<byte>)bytes;

    public static implicit operator SqliteValue(Guid guid) => new() { Kind = SqliteValueKind.Guid, Guid = guid };

    public static implicit operator SqliteValue(DateTimeOffset time) => time.ToUnixTimeMilliseconds();
}
