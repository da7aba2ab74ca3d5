using System.Buffers.Binary;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.Adapters.Postgres;

/// <summary>Streams that commits append to or rely on.</summary>
internal sealed class StreamColumns
{
    private readonly List<int> _commits = [];
    private readonly List<string> _texts = [];
    private readonly List<byte[]> _names = [];
    private readonly List<int> _buckets = [];
    private readonly List<long> _expected = [];
    private readonly List<int> _counts = [];
    private readonly List<int> _firsts = [];

    /// <summary>How many there are.</summary>
    public int Count => _commits.Count;

    /// <summary>Adds one; without events it is only checked.</summary>
    public void Add(int commit, StreamId stream, long expected, int events, int first)
    {
        _commits.Add(commit);
        _texts.Add(stream.Name);
        _names.Add(Encoding.UTF8.GetBytes(stream.Name));
        _buckets.Add(stream.Bucket.Code);
        _expected.Add(expected);
        _counts.Add(events);
        _firsts.Add(first);
    }

    /// <summary>Names the one at a place, from 1.</summary>
    public string NameOf(int item) => _texts[item - 1];

    /// <summary>Adds the arguments, in the order of the function.</summary>
    public void AddTo(NpgsqlParameterCollection to)
    {
        to.Add(Arguments.Column(_commits, NpgsqlDbType.Integer));
        to.Add(Arguments.Column(_names, NpgsqlDbType.Bytea));
        to.Add(Arguments.Column(_buckets, NpgsqlDbType.Integer));
        to.Add(Arguments.Column(_expected, NpgsqlDbType.Bigint));
        to.Add(Arguments.Column(_counts, NpgsqlDbType.Integer));
        to.Add(Arguments.Column(_firsts, NpgsqlDbType.Integer));
    }
}

/// <summary>Events to append.</summary>
internal sealed class EventColumns
{
    private readonly List<int> _streams = [];
    private readonly List<long> _versions = [];
    private readonly List<Guid> _ids = [];
    private readonly List<int> _types = [];
    private readonly List<long> _times = [];
    private readonly List<byte[]> _links = [];
    private readonly List<int> _starts = [];
    private readonly List<byte[]> _metas = [];

    /// <summary>How many there are.</summary>
    public int Count => _streams.Count;

    /// <summary>Adds one.</summary>
    public void Add(int stream, long version, NewEvent e, int type)
    {
        var (link, start) = LinkOf(e);
        _streams.Add(stream);
        _versions.Add(version);
        _ids.Add(e.Id);
        _types.Add(type);
        _times.Add(e.At.ToUnixTimeMilliseconds());
        _links.Add(link);
        _starts.Add(start);
        _metas.Add(e.Meta.ToArray());
    }

    /// <summary>Adds the arguments, in the order of the function.</summary>
    public void AddTo(NpgsqlParameterCollection to)
    {
        to.Add(Arguments.Column(_streams, NpgsqlDbType.Integer));
        to.Add(Arguments.Column(_versions, NpgsqlDbType.Bigint));
        AddContentTo(to);
    }

    /// <summary>Adds the arguments that do not say where each belongs, in the order of both functions.</summary>
    public void AddContentTo(NpgsqlParameterCollection to)
    {
        to.Add(Arguments.Column(_ids, NpgsqlDbType.Uuid));
        to.Add(Arguments.Column(_types, NpgsqlDbType.Integer));
        to.Add(Arguments.Column(_times, NpgsqlDbType.Bigint));
        to.Add(Arguments.Column(_links, NpgsqlDbType.Bytea));
        to.Add(Arguments.Column(_starts, NpgsqlDbType.Integer));
        to.Add(Arguments.Column(_metas, NpgsqlDbType.Bytea));
    }

    // What HashChain appends to the head before, so that the server only has to hash; its end is the data, which so travels once.
    private static (byte[] Link, int Start) LinkOf(NewEvent e)
    {
        var typeSize = Encoding.UTF8.GetByteCount(e.Type);
        var link = new byte[24 + typeSize + e.Data.Length];
        e.Id.TryWriteBytes(link, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(link.AsSpan(16), typeSize);
        Encoding.UTF8.GetBytes(e.Type, link.AsSpan(20));
        BinaryPrimitives.WriteInt32BigEndian(link.AsSpan(20 + typeSize), e.Data.Length);
        e.Data.Span.CopyTo(link.AsSpan(24 + typeSize));
        return (link, 24 + typeSize + 1); // SQL counts from 1.
    }
}
