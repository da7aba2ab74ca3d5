namespace Monolith.Benchmarks.Kernel;

/// <summary>The statements of <see cref="RawStore"/>.</summary>
internal static class RawSql
{
    public const string Schema = """
        create table streams (id integer primary key, name text not null unique, version integer not null) strict;
        create table events (position integer primary key, stream integer not null, version integer not null,
            id blob not null, data blob not null, at integer not null) strict;
        create table documents (kind text not null, id text not null, version integer not null,
            body blob not null, primary key (kind, id)) strict, without rowid;
        """;

    public const string Stream = """
        insert into streams (name, version) values (?1, 1)
        on conflict (name) do update set version = version + 1 where version = ?2 returning id
        """;

    public const string OurStream = """
        insert into streams (name, bucket, version, head) values (?1, 1, 1, zeroblob(32))
        on conflict (name) do update set version = version + 1 where version = ?2 returning id
        """;

    public const string Event = "insert into events (stream, version, id, data, at) values (?1, ?2, ?3, ?4, ?5)";

    public const string OurEvent = "insert into events (stream, version, id, type, data, at, meta) values (?1, ?2, ?3, 1, ?4, ?5, x'')";

    public const string Document = """
        insert into documents (kind, id, version, body) values ('bench.note.v1', ?1, ?2, ?3)
        on conflict (kind, id) do update set version = ?2, body = ?3
        """;
}
