using Monolith.Adapters.Embedded;
using Monolith.Kernel.Events;

namespace Monolith.Adapters.Tests.Properties;

/// <summary>Computes the hash chains of a closed SQLite file anew.</summary>
internal static class HashChains
{
    /// <summary>Names the streams whose head or version is not what their events say.</summary>
    public static IReadOnlyList<string> Broken(string path)
    {
        using var connection = new SqliteConnection(path, isReadOnly: true);
        var streams = new List<(long Id, string Name, long Version, byte[] Head)>();
        using (var rows = connection.Prepare("select id, name, version, head from streams").Query())
        {
            while (rows.Next())
            {
                streams.Add((rows.Number(0), rows.Text(1), rows.Number(2), rows.Bytes(3)));
            }
        }

        return [.. streams.Where(s => !IsWhole(connection, s.Id, s.Version, s.Head)).Select(s => $"{s.Name}: the chain is broken")];
    }

    private static bool IsWhole(SqliteConnection connection, long stream, long version, byte[] expected)
    {
        var (head, last) = (new byte[HashChain.HeadSize], 0L);
        using var rows = connection.Prepare(
            "select e.version, e.id, t.name, e.data from events e join types t on t.id = e.type where e.stream = ?1 order by e.version").Query(stream);
        while (rows.Next())
        {
            if (rows.Number(0) != ++last)
            {
                return false;
            }

            HashChain.Advance(head, rows.Guid(1), rows.Text(2), rows.Bytes(3));
        }

        return last == version && head.AsSpan().SequenceEqual(expected);
    }
}
