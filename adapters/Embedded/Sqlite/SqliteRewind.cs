namespace Monolith.Adapters.Embedded;

/// <summary>Makes the log end earlier than it did.</summary>
internal static class SqliteRewind
{
    /// <summary>
    /// Tells the last position before the first native event that is later than a time; imported events are none of this log's past.
    /// </summary>
    public static long PositionAt(SqliteConnection connection, DateTimeOffset time)
    {
        using var rows = connection.Prepare(
            "select coalesce((select min(position) - 1 from events where position > 0 and at > ?1), (select max(position) from "
                + "events), 0)").Query(time);
        rows.Next();
        return Math.Max(0, rows.Number(0));
    }

    /// <summary>Forgets every event after a position, and every message: those follow from what their senders say of themselves.</summary>
    public static void Run(SqliteConnection connection, long position)
    {
        var streams = new List<long>();
        using (var rows = connection.Prepare("select distinct stream from events where position > ?1").Query(position))
        {
            while (rows.Next())
            {
                streams.Add(rows.Number(0));
            }
        }

        connection.Prepare("delete from events where position > ?1").Run(position);
        connection.Execute("delete from messages");
        foreach (var stream in streams)
        {
            Shorten(connection, stream);
        }
    }

    // The head that the stream had then: the chain of what is left of it.
    private static void Shorten(SqliteConnection connection, long stream)
    {
        var (version, head) = (0L, new byte[HashChain.HeadSize]);
        using (var rows = connection.Prepare(
            "select e.id, t.name, e.data, e.version from events e join types t on t.id = e.type where e.stream = ?1 order by "
                + "e.version").Query(stream))
        {
            while (rows.Next())
            {
                HashChain.Advance(head, rows.Guid(0), rows.Text(1), rows.Bytes(2));
                version = rows.Number(3);
            }
        }

        if (version == 0)
        {
            connection.Prepare("delete from streams where id = ?1").Run(stream);
        }
        else
        {
            connection.Prepare("update streams set version = ?2, head = ?3 where id = ?1").Run(stream, version, head);
        }
    }
}
