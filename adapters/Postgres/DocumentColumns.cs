using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.Adapters.Postgres;

/// <summary>Documents to write or delete.</summary>
internal sealed class DocumentColumns
{
    // No version is negative, so this one guards nothing.
    private const long Unguarded = -1;

    private readonly List<DocumentWrite> _writes = [];
    private readonly List<int> _commits = [];

    /// <summary>How many there are.</summary>
    public int Count => _writes.Count;

    /// <summary>Adds one.</summary>
    public void Add(int commit, DocumentWrite write)
    {
        _commits.Add(commit);
        _writes.Add(write);
    }

    /// <summary>Names the one at a place, from 1.</summary>
    public string NameOf(int item) => $"{_writes[item - 1].Kind}/{_writes[item - 1].Id}";

    /// <summary>Adds the arguments, in the order of the function.</summary>
    public void AddTo(NpgsqlParameterCollection to)
    {
        to.Add(Arguments.Column(_commits, NpgsqlDbType.Integer));
        AddPlacesTo(to);
        to.Add(Arguments.Column(_writes.ConvertAll(w => w.ExpectedVersion ?? Unguarded), NpgsqlDbType.Bigint));
        AddBodiesTo(to);
    }

    /// <summary>Adds the arguments of what is rewritten without a condition, in the order of <c>commit_one</c>.</summary>
    public void AddContentTo(NpgsqlParameterCollection to)
    {
        AddPlacesTo(to);
        AddBodiesTo(to);
    }

    private void AddPlacesTo(NpgsqlParameterCollection to)
    {
        to.Add(Arguments.Column(_writes.ConvertAll(w => w.Kind), NpgsqlDbType.Text));
        to.Add(Arguments.Column(_writes.ConvertAll(w => Encoding.UTF8.GetBytes(w.Id)), NpgsqlDbType.Bytea));
        to.Add(Arguments.Column(_writes.ConvertAll(w => w.Bucket?.Code), NpgsqlDbType.Integer));
        to.Add(Arguments.Column(_writes.ConvertAll(w => w.Version), NpgsqlDbType.Bigint));
    }

    private void AddBodiesTo(NpgsqlParameterCollection to)
    {
        to.Add(Arguments.Column(_writes.ConvertAll(w => w.Body), NpgsqlDbType.Bytea));
        to.Add(Arguments.Column(_writes.ConvertAll(w => w.Body is null ? null : StoredEntries.Pack(w.Entries)), NpgsqlDbType.Bytea));
    }
}

/// <summary>Index entries of documents that are written.</summary>
internal sealed class EntryColumns
{
    private readonly List<int> _documents = [];
    private readonly List<int> _claims = [];
    private readonly List<string> _kinds = [];
    private readonly List<byte[]> _ids = [];
    private readonly List<byte[]> _keys = [];
    private readonly List<string> _names = [];

    /// <summary>Adds one.</summary>
    public void Add(int document, DocumentWrite write, IndexEntry entry, bool isWantedTwice)
    {
        _documents.Add(document);
        _claims.Add(isWantedTwice ? 2 : entry.IsUnique ? 1 : 0);
        _kinds.Add(write.Kind);
        _ids.Add(Encoding.UTF8.GetBytes(write.Id));
        _keys.Add(StoredEntries.KeyOf(entry));
        _names.Add($"{write.Kind}/{entry.Index}");
    }

    /// <summary>Names the index of the one at a place, from 1.</summary>
    public string NameOf(int item) => _names[item - 1];

    /// <summary>Adds the arguments, in the order of the function.</summary>
    public void AddTo(NpgsqlParameterCollection to)
    {
        to.Add(Arguments.Column(_documents, NpgsqlDbType.Integer));
        to.Add(Arguments.Column(_claims, NpgsqlDbType.Integer));
        to.Add(Arguments.Column(_kinds, NpgsqlDbType.Text));
        to.Add(Arguments.Column(_ids, NpgsqlDbType.Bytea));
        to.Add(Arguments.Column(_keys, NpgsqlDbType.Bytea));
    }
}

/// <summary>How index entries are stored; the schema knows the same rules.</summary>
internal static class StoredEntries
{
    // An index row must fit into a third of a page (2.7 kB); what is longer than this is found by its hash.
    private const int MaxKey = 256;
    private const byte Hashed = 255; // No UTF-8 begins with it.

    /// <summary>The key of an entry in the index.</summary>
    public static byte[] KeyOf(IndexEntry entry) =>
        BytesOf(entry) is var bytes && bytes.Length <= MaxKey ? bytes : [Hashed, .. SHA256.HashData(bytes)];

    /// <summary>Packs the entries of a document for its row; null for no entries.</summary>
    public static byte[]? Pack(IReadOnlyList<IndexEntry> entries)
    {
        if (entries.Count == 0)
        {
            return null;
        }

        var packed = new List<byte>();
        Span<byte> size = stackalloc byte[4];
        foreach (var entry in entries)
        {
            var bytes = BytesOf(entry);
            BinaryPrimitives.WriteInt32BigEndian(size, bytes.Length);
            packed.Add(entry.IsUnique ? (byte)1 : (byte)0);
            packed.AddRange(size);
            packed.AddRange(bytes);
        }

        return [.. packed];
    }

    /// <summary>Reads them back.</summary>
    public static IEnumerable<IndexEntry> Unpack(byte[] packed)
    {
        for (var place = 0; place < packed.Length;)
        {
            var size = BinaryPrimitives.ReadInt32BigEndian(packed.AsSpan(place + 1));
            var bytes = packed.AsSpan(place + 5, size);
            var end = bytes.IndexOf((byte)0);
            yield return new IndexEntry(
                Encoding.UTF8.GetString(bytes[..end]), Encoding.UTF8.GetString(bytes[(end + 1)..]), packed[place] == 1);
            place += 5 + size;
        }
    }

    private static byte[] BytesOf(IndexEntry entry) => Encoding.UTF8.GetBytes($"{entry.Index}\0{entry.Value}");
}
