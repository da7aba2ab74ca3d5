using System.Text.Json;
using System.Text.Json.Serialization;
using Monolith.Benchmarks.Kernel;
using StackExchange.Redis;

namespace Monolith.Benchmarks.Adapters;

/// <summary>What a node asks Redis for, through the ports, and the same by hand with the bare client on that same server.</summary>
internal static class RedisLines
{
    private const int ClientCount = 32;
    private const int Keys = 1_000;

    private static readonly byte[] _value = [.. Enumerable.Range(0, 1_000).Select(i => (byte)i)]; // as large as an answer about a photo

    public static async IAsyncEnumerable<Line> RunAsync(Rounds rounds)
    {
        if (RedisTestServer.Missing is { } missing)
        {
            Console.Error.WriteLine(missing);
            yield break;
        }

        using var scratch = new Scratch();
        await using var server = await RedisTestServer.StartAsync();
        await using var ours = await Installation.OpenAsync(
            scratch.Folder,
            settings: [$"--Adapters:Cache={server.Url()}", $"--Adapters:Sessions={server.Url()}", $"--Adapters:Throttling={server.Url()}"]);
        await ours.StartAsync();
        await IsReadyAsync(ours);
        using var client = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{server.Port}");
        var raw = client.GetDatabase();
        yield return await ReadAsync(rounds, ours.Get<ICache>(), raw);
        yield return await SessionAsync(rounds, ours.Get<ISessionStore>(), raw);
        yield return await LimitAsync(rounds, ours.Get<IAttemptLimiter>(), raw);
    }

    private static async Task<Line> ReadAsync(Rounds rounds, ICache cache, IDatabase raw)
    {
        for (var i = 0; i < Keys; i++)
        {
            await cache.SetAsync(
                $"key{i}", new CacheEntry(_value, new LogPosition(0, 1_000_000), [$"stream-{i}"]), TimeSpan.FromHours(1),
                CancellationToken.None);
            await raw.StringSetAsync($"raw:{i}", _value);
            await raw.StringSetAsync($"stamp:{i}", "0:1000000");
        }

        return await rounds.RunAsync(
            new Line("adapters", $"redis: cached reads, {ClientCount} clients", "/s", 0, 0, 0, "") { Goal = new Goal(Ratio: 0.8) },
            new Contender("", () => Clients.RunAsync(ClientCount, async (who, time) =>
                _ = await cache.GetAsync($"key{IndexOf(who, time)}", CancellationToken.None)
                    ?? throw new InvalidOperationException("It should be there."))),
            new Contender("entry and stamp in one MGET by the bare client", () => Clients.RunAsync(ClientCount, async (who, time) =>
                _ = await raw.StringGetAsync([$"raw:{IndexOf(who, time)}", $"stamp:{IndexOf(who, time)}"]))),
            new Contender(
                "the entry alone",
                () => Clients.RunAsync(ClientCount, async (who, time) => _ = await raw.StringGetAsync($"raw:{IndexOf(who, time)}"))));
    }

    private static async Task<Line> SessionAsync(Rounds rounds, ISessionStore sessions, IDatabase raw)
    {
        var now = TimeProvider.System.GetUtcNow();
        var all = Enumerable.Range(0, 100).Select(i => new SessionRecord(
            NewId(i), NewId(i), $"bearer-hash-of-the-session-number-{i:0000}", $"cookie-{i}", new string('d', 400), now, now,
            now.AddHours(1))).ToList();
        foreach (var session in all)
        {
            await sessions.PutAsync(session, CancellationToken.None);
            await FindAsync(session); // from the store, so that the copy is there
            await raw.StringSetAsync(
                $"session:{session.BearerHash}", JsonSerializer.SerializeToUtf8Bytes(session, RawSessionJson.Default.SessionRecord));
            await raw.StringSetAsync($"stamp:{session.Id}", "0:1");
        }

        return await rounds.RunAsync(
            new Line("adapters", $"redis: session checks, {ClientCount} clients", "/s", 0, 0, 0, "") { Goal = new Goal(Ratio: 0.8) },
            new Contender("", () => Clients.RunAsync(ClientCount, (who, time) => FindAsync(all[IndexOf(who, time) % all.Count]))),
            new Contender(
                "record and stamp in one MGET by the bare client, JSON read", () => Clients.RunAsync(ClientCount, async (who, time) =>
            {
                var session = all[IndexOf(who, time) % all.Count];
                var found = await raw.StringGetAsync([$"session:{session.BearerHash}", $"stamp:{session.Id}"]);
                _ = JsonSerializer.Deserialize((byte[])found[0]!, RawSessionJson.Default.SessionRecord); // It was set above.
            })));

        async Task FindAsync(SessionRecord session) =>
            _ = await sessions.FindAsync(Bucket.Of(session.UserId), session.BearerHash, CancellationToken.None)
                ?? throw new InvalidOperationException("It should be there.");
    }

    private static async Task<Line> LimitAsync(Rounds rounds, IAttemptLimiter limits, IDatabase raw)
    {
        const string Script = """
            local time = redis.call('time')
            return math.max(0, tonumber(redis.call('hget', KEYS[1], 'until') or '0') - (time[1] * 1000 + math.floor(time[2] / 1000)))
            """;
        return await rounds.RunAsync(
            new Line("adapters", $"redis: limits asked, {ClientCount} clients", "/s", 0, 0, 0, "") { Goal = new Goal(Ratio: 0.8) },
            new Contender(
                "",
                () =>
                    Clients.RunAsync(
                        ClientCount,
                        async (who, time) => _ = await limits.WaitAsync($"address-{IndexOf(who, time)}", CancellationToken.None))),
            new Contender("the same script by the bare client", () => Clients.RunAsync(ClientCount, async (who, time) =>
                _ = await raw.ScriptEvaluateAsync(Script, [$"raw:l:{IndexOf(who, time)}"]))));
    }

    private static int IndexOf(int who, int time) => ((who * 31) + time) % Keys;

    private static Guid NewId(int number) => Id.New(TimeProvider.System, new Bucket(number));

    // Connected, and further in the log than when it was: a node trusts no copy of a session from before.
    private static async Task IsReadyAsync(Installation ours)
    {
        while (ours.Get<IEnumerable<IExternalDependency>>().Any(o => o.Fault is not null))
        {
            await Task.Delay(20);
        }

        for (var i = 0; i < 3; i++)
        {
            await using var scope = ours.Scope();
            var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
            work.Start<Note>(new StreamId(new Bucket(1), Note.Category, NewId(1).ToString())).Append(Note.Usual);
            await work.CommitAsync(CancellationToken.None);
        }
    }
}

[JsonSerializable(typeof(SessionRecord))]
internal sealed partial class RawSessionJson : JsonSerializerContext;
