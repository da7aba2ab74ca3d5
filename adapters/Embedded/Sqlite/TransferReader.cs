namespace Monolith.Adapters.Embedded;

/// <summary>Reads documents and messages as they lie in the file, to move them to another store.</summary>
internal sealed class TransferReader(SqliteConnection connection)
{
    private const string SelectDocuments = "select kind, id, bucket, version, body, entries from documents";
    private const string SelectMessages = "select id, kind, bucket, lane, due, body, token, owner from messages";

    public List<DocumentWrite> Documents(string afterKind, string afterId, int limit) =>
        Documents(
            connection.Prepare(
                $"{SelectDocuments} where (kind, id) > (?1, ?2) order by kind, id limit ?3").Query(afterKind, afterId, limit));

    public List<DocumentWrite> Documents(IReadOnlyList<(string Kind, string Id)> which) =>
        [.. which.SelectMany(w => Documents(connection.Prepare($"{SelectDocuments} where kind = ?1 and id = ?2").Query(w.Kind, w.Id)))];

    public List<StoredMessage> Messages(Guid after, int limit) =>
        Messages(connection.Prepare($"{SelectMessages} where id > ?1 order by id limit ?2").Query(after, limit));

    public List<StoredMessage> Messages(IReadOnlyList<Guid> which) =>
        [.. which.SelectMany(id => Messages(connection.Prepare($"{SelectMessages} where id = ?1").Query(id)))];

    public List<StreamHead> Heads(IReadOnlyList<StreamId> which)
    {
        var heads = new List<StreamHead>();
        foreach (var stream in which)
        {
            using var rows = connection.Prepare("select bucket, version, head from streams where name = ?1").Query(stream.Name);
            if (rows.Next())
            {
                heads.Add(new StreamHead(StreamId.Parse(rows.Place(0), stream.Name), rows.Number(1), rows.Bytes(2)));
            }
        }

        return heads;
    }

    private static List<DocumentWrite> Documents(SqliteRows rows)
    {
        var documents = new List<DocumentWrite>();
        using (rows)
        {
            while (rows.Next())
            {
                Bucket? bucket = rows.IsNull(2) ? null : rows.Place(2);
                documents.Add(new DocumentWrite(rows.Text(0), rows.Text(1), bucket, rows.Bytes(4), rows.Number(3))
                {
                    Entries = StoredEntries.Unpack(rows.IsNull(5) ? null : rows.Bytes(5)),
                });
            }
        }

        return documents;
    }

    private static List<StoredMessage> Messages(SqliteRows rows)
    {
        var messages = new List<StoredMessage>();
        using (rows)
        {
            while (rows.Next())
            {
                messages.Add(new StoredMessage(
                    rows.Guid(0), rows.Text(1), rows.Place(2), (int)rows.Number(3), rows.Time(4), rows.Bytes(5), rows.Number(6),
                    rows.IsNull(7) ? null : rows.Text(7)));
            }
        }

        return messages;
    }
}
