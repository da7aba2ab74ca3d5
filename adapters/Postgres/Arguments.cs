using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.Adapters.Postgres;

/// <summary>Makes the arguments of statements, which are always parameters.</summary>
internal static class Arguments
{
    /// <summary>Adds several, for <c>$1</c>, <c>$2</c> and so on.</summary>
    public static void AddAll(this NpgsqlParameterCollection to, params ReadOnlySpan<NpgsqlParameter> arguments)
    {
        foreach (var argument in arguments)
        {
            to.Add(argument);
        }
    }

    /// <summary>A text that may hold any character: stored as UTF-8, because the server's text knows no character 0.</summary>
    public static NpgsqlParameter Bytes(string? text) => text is null
        ? new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea }
        : Bytes(Encoding.UTF8.GetBytes(text));

    /// <summary>Some bytes.</summary>
    public static NpgsqlParameter Bytes(byte[] bytes) =>
        new NpgsqlParameter<byte[]> { TypedValue = bytes, NpgsqlDbType = NpgsqlDbType.Bytea };

    /// <summary>A name that comes from the program.</summary>
    public static NpgsqlParameter Text(string text) => new NpgsqlParameter<string> { TypedValue = text, NpgsqlDbType = NpgsqlDbType.Text };

    /// <summary>Names that come from the program.</summary>
    public static NpgsqlParameter Texts(IEnumerable<string> texts) =>
        new NpgsqlParameter<string[]> { TypedValue = [.. texts], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    /// <summary>A number.</summary>
    public static NpgsqlParameter Number(long number) =>
        new NpgsqlParameter<long> { TypedValue = number, NpgsqlDbType = NpgsqlDbType.Bigint };

    /// <summary>An id.</summary>
    public static NpgsqlParameter Id(Guid id) => new NpgsqlParameter<Guid> { TypedValue = id, NpgsqlDbType = NpgsqlDbType.Uuid };

    /// <summary>A time, as Unix milliseconds.</summary>
    public static NpgsqlParameter Time(DateTimeOffset time) => Number(time.ToUnixTimeMilliseconds());

    /// <summary>A column of values as one array.</summary>
    public static NpgsqlParameter Column<T>(List<T> values, NpgsqlDbType type) =>
        new NpgsqlParameter<T[]> { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | type };
}
