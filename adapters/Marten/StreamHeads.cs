using System.Text;
using Monolith.Adapters.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.Adapters.Marten;

/// <summary>Writes how far streams are, in the table of <c>postgres://</c>: there they are listed and compared for both.</summary>
internal static class StreamHeads
{
    /// <summary>Makes the statement.</summary>
    /// <param name="streams">Each stream once, with a number for a new one, which no other stream has.</param>
    public static NpgsqlBatchCommand ToCommand(List<(StreamId Stream, long Number, StreamFact Fact)> streams)
    {
        var command = new NpgsqlBatchCommand("""
            insert into monolith.streams as t (id, name, bucket, version, head) select * from unnest($1, $2, $3, $4, $5)
            on conflict (name) do update set version = excluded.version, head = excluded.head
            """);
        command.Parameters.AddAll(
            Arguments.Column(streams.ConvertAll(s => s.Number), NpgsqlDbType.Bigint),
            Arguments.Column(streams.ConvertAll(s => Encoding.UTF8.GetBytes(s.Stream.Name)), NpgsqlDbType.Bytea),
            Arguments.Column(streams.ConvertAll(s => s.Stream.Bucket.Code), NpgsqlDbType.Integer),
            Arguments.Column(streams.ConvertAll(s => s.Fact.Version), NpgsqlDbType.Bigint),
            Arguments.Column(streams.ConvertAll(s => s.Fact.Head), NpgsqlDbType.Bytea));
        return command;
    }
}
