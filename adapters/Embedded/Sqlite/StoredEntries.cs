namespace Monolith.Adapters.Embedded;

/// <summary>Packs the index entries of a document for its row.</summary>
internal static class StoredEntries
{
    /// <summary>Null for no entries.</summary>
    public static byte[]? Pack(IReadOnlyList<IndexEntry> entries)
    {
        if (entries.Count == 0)
        {
            return null;
        }

        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        foreach (var entry in entries)
        {
            writer.Write(entry.Index);
            writer.Write(entry.Value);
            writer.Write(entry.IsUnique);
        }

        return bytes.ToArray();
    }

    /// <summary>Reads them back.</summary>
    public static IReadOnlyList<IndexEntry> Unpack(byte[]? packed)
    {
        using var bytes = new MemoryStream(packed ?? []);
        using var reader = new BinaryReader(bytes);
        var entries = new List<IndexEntry>();
        while (bytes.Position < bytes.Length)
        {
            entries.Add(new IndexEntry(reader.ReadString(), reader.ReadString(), reader.ReadBoolean()));
        }

        return entries;
    }
}
