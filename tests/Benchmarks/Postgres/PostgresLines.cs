using System.Diagnostics;
using Monolith.Benchmarks.Kernel;
using Npgsql;

namespace Monolith.Benchmarks.Postgres;

/// <summary>The same on PostgreSQL: a server of its own that syncs to the disk, and what is written by hand on that same server.</summary>
internal static class PostgresLines
{
    private const int Wakes = 100;

    public static async IAsyncEnumerable<Line> RunAsync(Rounds rounds)
    {
        if (PostgresTestServer.Missing is { } missing)
        {
            Console.Error.WriteLine(missing);
            yield break;
        }

        using var scratch = new Scratch();
        await using var server = await PostgresTestServer.StartAsync(
            "fsync=on", "full_page_writes=on", "shared_buffers=512MB", "max_wal_size=4GB");
        await server.ExecuteAsync("postgres", "create database raw");
        await using var raw = await RawPostgres.OpenAsync(server.ConnectionString("raw"), writers: 1, hasOurSchema: false);
        await using var two = await RawPostgres.OpenAsync(server.ConnectionString("raw"), writers: 2, hasOurSchema: false);
        var url = await MakeAsync(server, "ours");
        await using var ours = await Installation.OpenAsync(scratch.Folder, store: url);
        await using (await Installation.OpenAsync(scratch.Folder, store: await MakeAsync(server, "same")))
        {
            // Its schema is there now.
        }

        await using var same = await RawPostgres.OpenAsync(server.ConnectionString("same"), writers: 1, hasOurSchema: true);
        var data = ours.Get<StoredJson>().Write(Note.Usual);
        foreach (var clients in (int[])[1, 32, 256])
        {
            yield return await rounds.RunAsync(
                new Line(
                    "postgres", $"commits, {clients} client{(clients == 1 ? "" : "s")}", "/s", 0, 0, 0,
                    "") { Goal = clients > 1 ? new Goal(Ratio: 0.8) : null },
                new Contender("", () => CommitLines.OursAsync(ours, clients, data, null)),
                new Contender("hand-written grouped statement, fewest tables and indexes", () => RawAsync(raw, clients, data)),
                new Contender("the same with two writers", () => RawAsync(two, clients, data)),
                new Contender("the same with our tables, indexes and hash chain", () => RawAsync(same, clients, data)));
        }

        yield return await rounds.RunAsync(
            new Line("postgres", "commits, 256 clients, a document each", "/s", 0, 0, 0, ""),
            new Contender("", () => CommitLines.OursAsync(ours, 256, data, data)),
            new Contender("hand-written without documents", () => RawAsync(raw, 256, data)));
        yield return await LoadAsync(rounds, server, ours);
        yield return await WakeAsync(rounds, url, ours);
        await foreach (var line in FollowAsync(rounds, server))
        {
            yield return line;
        }
    }

    private static async IAsyncEnumerable<Line> FollowAsync(Rounds rounds, PostgresTestServer server)
    {
        const string Log = "log";
        using var scratch = new Scratch();
        await using (var installation = await Installation.OpenAsync(scratch.Folder, store: await MakeAsync(server, Log)))
        {
            await FollowLines.WriteAsync(installation);
        }

        await using var source = NpgsqlDataSource.Create(server.ConnectionString(Log));
        await foreach (var line
            in FollowLines.RunAsync(rounds, new FollowedLog("postgres", CopyAsync, ReadAsync, new Goal(AtLeast: 50_000))))
        {
            yield return line;
        }

        async Task<Installation> CopyAsync() =>
            await Installation.OpenAsync(scratch.Folder, store: server.Url(await server.CreateDatabaseAsync(Log), "?tls=disable"));

        async Task<double> ReadAsync()
        {
            var (start, rows) = (Stopwatch.GetTimestamp(), 0);
            await using var command = source.CreateCommand(
                "select position, id, stream, version, type, data, at, meta from monolith.events order by position");
            await using var log = await command.ExecuteReaderAsync();
            for (var row = new object[log.FieldCount]; await log.ReadAsync(); rows++)
            {
                log.GetValues(row);
            }

            return rows / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    // The database is a new one, so the schema is made by the first start.
    private static async Task<string> MakeAsync(PostgresTestServer server, string database)
    {
        await server.ExecuteAsync("postgres", $"create database {database} owner {PostgresTestServer.User}");
        return server.Url(database, "?tls=disable");
    }

    private static Task<double> RawAsync(RawPostgres raw, int clients, byte[] data)
    {
        var run = Id.New(TimeProvider.System, default).ToString("N")[..24];
        return Clients.RunAsync(clients, (client, time) => raw.CommitAsync(
            $"note-{run}{client:x3}{time / 10:x9}", time % 10, Id.New(TimeProvider.System, new Bucket(client)), data));
    }

    private static async Task<Line> LoadAsync(Rounds rounds, PostgresTestServer server, Installation ours)
    {
        var store = ours.Shard.Store;
        var ids = (await store.QueryAsync(new DocumentQuery(Note.Kind, 1000), CancellationToken.None)).Select(d => d.Id).ToList();
        await using var source = new NpgsqlDataSourceBuilder(
            server.ConnectionString("ours").Replace(
                "Pooling=false", "Pooling=true;Max Auto Prepare=32;Auto Prepare Min Usages=2;No Reset On Close=true",
                StringComparison.Ordinal)).Build();
        return await rounds.RunAsync(
            new Line("postgres", "documents loaded by id, 8 clients", "/s", 0, 0, 0, "") { Goal = new Goal(Ratio: 0.95) },
            new Contender(
                "",
                () =>
                    Clients.RunAsync(
                        8, async (_, time) => await store.FindAsync(Note.Kind, ids[time % ids.Count], CancellationToken.None))),
            new Contender("one prepared query over a pool", () => Clients.RunAsync(8, async (_, time) =>
            {
                await using var command = source.CreateCommand("select version, body from monolith.documents where kind = $1 and id = $2");
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Note.Kind });
                command.Parameters.Add(
                    new NpgsqlParameter<byte[]> { TypedValue = System.Text.Encoding.UTF8.GetBytes(ids[time % ids.Count]) });
                await using var rows = await command.ExecuteReaderAsync();
                await rows.ReadAsync();
                rows.GetInt64(0);
                rows.GetFieldValue<byte[]>(1);
            })));
    }

    // From the moment when one node's commit is acknowledged until a reaction on another node has run.
    private static async Task<Line> WakeAsync(Rounds rounds, string url, Installation ours)
    {
        using var scratch = new Scratch();
        await using var other = await Installation.OpenAsync(scratch.Folder, store: url);
        var tally = other.Get<Tally>();
        await other.StartAsync();
        await CommitAsync(ours);
        var last = -1L;
        while (tally.Number != last)
        {
            // What was written before is followed first.
            last = tally.Number;
            await Task.Delay(3_000);
        }

        return await rounds.RunAsync(
            new Line(
                "postgres", "a commit on one node to a reaction on another, median", "ms", 0, 0, 0, "") { Goal = new Goal(AtMost: 20) },
            new Contender("", () => MedianAsync(async () =>
            {
                var seen = tally.Number;
                await CommitAsync(ours);
                var start = Stopwatch.GetTimestamp();
                SpinWait.SpinUntil(() => tally.Number > seen, TimeSpan.FromSeconds(10));
                return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            })),
            new Contender("the commit itself", () => MedianAsync(async () =>
            {
                var start = Stopwatch.GetTimestamp();
                await CommitAsync(ours);
                return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            })));
    }

    private static async Task<double> MedianAsync(Func<Task<double>> measure)
    {
        var figures = new List<double>();
        for (var i = 0; i < Wakes; i++)
        {
            figures.Add(await measure());
            await Task.Delay(10);
        }

        return figures.Order().ElementAt(Wakes / 2);
    }

    private static async Task CommitAsync(Installation installation)
    {
        await using var scope = installation.Scope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var note = work.Start<Note>(new StreamId(new Bucket(1), Note.Category, Id.New(TimeProvider.System, new Bucket(1)).ToString()));
        note.Append(Note.Usual);
        await work.CommitAsync(CancellationToken.None);
    }
}
