using System.Diagnostics;
using Monolith.Sessions;
using Monolith.Users;

namespace Monolith.Benchmarks.Kernel;

/// <summary>What is read: an aggregate, a session, the log.</summary>
internal static class ReadLines
{
    public const string ByKey = "select version, body from documents where kind = ?1 and id = ?2";

    private const string ByEntry = """
        select d.version, d.body from entries e cross join documents d on d.kind = e.kind and d.id = e.id
        where e.kind = 'sessions.session.v1' and e.name = 'token' and e.value = ?1
        """;

    public const string ByPosition = """
        select e.position, e.id, s.name, e.version, t.name, e.data, e.at, e.meta
        from events e join streams s on s.id = e.stream join types t on t.id = e.type order by e.position
        """;

    private const int Users = 1_000;

    public static async IAsyncEnumerable<Line> RunAsync(Rounds rounds)
    {
        using var scratch = new Scratch();
        await using var installation = await Installation.OpenAsync(scratch.Folder);
        var users = await People.JoinAsync(installation, Users);
        yield return await LoadAsync(rounds, installation, scratch.Folder, [.. users.Select(User.StreamOf)], "aggregates loaded, 1 client");

        var tokens = await Task.WhenAll(users.Select(u => People.SignInAsync(installation, u)));
        using var bySession = new RawReader(scratch.Folder, ByEntry);
        var sessions = installation.Get<KnownSessions>();
        yield return await rounds.RunAsync(
            new Line("kernel", "sessions checked, 1 client", "/s", 0, 0, 0, ""),
            new Contender("", () => Clients.RunAsync(1, async (_, time) =>
            {
                if (!SessionTokens.IsToken(tokens[time % Users], out var home)
                    || await sessions.FindAsync(home, SessionTokens.HashOfBearer(tokens[time % Users]), CancellationToken.None) is null)
                {
                    throw new InvalidOperationException("There is no such session.");
                }
            })),
            new Contender("one prepared query", () => Clients.RunAsync(1, (_, time) =>
            {
                bySession.Find(SessionTokens.HashOfBearer(tokens[time % Users]));
                return Task.CompletedTask;
            })));
        yield return await FollowAsync(rounds);
    }

    /// <summary>Loads aggregates, against the row being read and nothing made of it.</summary>
    public static async Task<Line> LoadAsync(
        Rounds rounds, Installation installation, string folder, IReadOnlyList<StreamId> users, string name)
    {
        using var reader = new RawReader(folder, ByKey);
        var aggregates = installation.Get<Aggregates>();
        return await rounds.RunAsync(
            new Line("kernel", name, "/s", 0, 0, 0, ""),
            new Contender("", () => Clients.RunAsync(1, async (_, _) => await aggregates.LoadAsync<User>(Any(), CancellationToken.None))),
            new Contender("one prepared query, nothing made of the row", () => Clients.RunAsync(1, (_, _) =>
            {
                reader.Find(User.Kind, Any().Key);
                return Task.CompletedTask;
            })));

        StreamId Any() => users[Random.Shared.Next(users.Count)];
    }

    // A reaction is handed each event in a scope of its own; this one stores nothing, so what is measured is the way to it.
    private static async Task<Line> FollowAsync(Rounds rounds)
    {
        using var scratch = new Scratch();
        await using (var installation = await Installation.OpenAsync(scratch.Folder))
        {
            await FollowLines.WriteAsync(installation);
        }

        var number = 0;
        using var reader = new RawReader(scratch.Folder, ByPosition);
        return await rounds.RunAsync(
            new Line("kernel", "events followed by a reaction", "/s", 0, 0, 0, "") { Goal = new Goal(AtLeast: 100_000) },
            new Contender("", async () =>
            {
                // A subscription goes on where it was: so each time it is another log.
                var copy = Directory.CreateDirectory(Path.Combine(scratch.Folder, $"{number++}")).FullName;
                File.Copy(Path.Combine(scratch.Folder, "store.db"), Path.Combine(copy, "store.db"));
                await using var installation = await Installation.OpenAsync(copy);
                var tally = installation.Get<Tally>();
                await installation.StartAsync();
                while (tally.Number < FollowLines.Events)
                {
                    await Task.Delay(1);
                }

                return tally.Rate;
            }),
            new Contender("the log read by one query", () =>
            {
                var start = Stopwatch.GetTimestamp();
                var rows = reader.ReadAll();
                return Task.FromResult(rows / Stopwatch.GetElapsedTime(start).TotalSeconds);
            }));
    }
}
