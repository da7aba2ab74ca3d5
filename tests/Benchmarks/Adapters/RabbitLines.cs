using System.Diagnostics;
using Monolith.Adapters.Tests.Postgres;
using Monolith.Adapters.Tests.RabbitMq;

namespace Monolith.Benchmarks.Adapters;

/// <summary>Messages over RabbitMQ, with PostgreSQL for the record.</summary>
internal static class RabbitLines
{
    private const int Messages = 10_000;
    private const int Clients = 256;
    private const int Lone = 60;

    public static async IAsyncEnumerable<Line> RunAsync(Rounds rounds)
    {
        if ((RabbitTestServer.Missing ?? PostgresTestServer.Missing) is { } missing)
        {
            Console.Out.WriteLine($"adapters: {missing}");
            yield break;
        }

        await using var postgres = await PostgresTestServer.StartAsync();
        await using var broker = await RabbitTestServer.StartAsync();
        await postgres.ExecuteAsync("postgres", "create database raw");
        using var scratch = new Scratch();
        await using var ours = await StartAsync(scratch, postgres, "ours", broker.Url());
        await using var store = await StartAsync(scratch, postgres, "store", "store:");
        await using var raw = await RawRabbit.OpenAsync(postgres.ConnectionString("raw"), broker.Url());

        yield return await rounds.RunAsync(
            new Line("adapters", $"rabbitmq: messages, {Clients} senders", "/s", 0, 0, 0, "") { Goal = new Goal(Ratio: 0.8) },
            new Contender("", () => RateAsync(ours)),
            new Contender("by hand: grouped inserts, publish, confirm, consume, delete", () => raw.RateAsync(Messages, Clients)),
            new Contender("with store:", () => RateAsync(store)));
        yield return await rounds.RunAsync(
            new Line("adapters", "rabbitmq: a lone message, sent to begun", "ms", 0, 0, 0, "") { Goal = new Goal(Ratio: 0.8) },
            new Contender("", () => LatencyAsync(ours)),
            new Contender("by hand: insert, publish, consume", () => raw.LatencyAsync(Lone)),
            new Contender("with store:", () => LatencyAsync(store)));
    }

    private static async Task<Installation> StartAsync(Scratch scratch, PostgresTestServer postgres, string name, string queue)
    {
        await postgres.ExecuteAsync("postgres", $"create database {name} owner {PostgresTestServer.User}");
        var password = Uri.EscapeDataString(PostgresTestServer.Password);
        var installation = await Installation.OpenAsync(
            Path.Combine(scratch.Folder, name), store: $"postgres://{PostgresTestServer.User}:{password}@127.0.0.1:{postgres.Port}/{name}?tls=disable", settings: [$"--Adapters:Queue={queue}"]);
        await installation.StartAsync();
        return installation;
    }

    // From the first that is sent to the last whose end is on disk.
    private static async Task<double> RateAsync(Installation installation)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var (start, settled) = (Stopwatch.GetTimestamp(), 0);
        var sending = Parallel.ForAsync(0, Messages, new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (_, _) => await SendAsync(installation));
        for (var settling = new List<Task>(); Volatile.Read(ref settled) < Messages;)
        {
            foreach (var message in await TakeAsync(installation, Clients, end.Token))
            {
                settling.Add(SettleAsync(message));
            }

            settling.RemoveAll(task => task.IsCompletedSuccessfully);
            if (settling.Count >= 2 * Clients || Volatile.Read(ref settled) + settling.Count >= Messages)
            {
                await Task.WhenAll(settling);
            }
        }

        await sending;
        return Messages / Stopwatch.GetElapsedTime(start).TotalSeconds;

        async Task SettleAsync(TakenMessage message)
        {
            await CommitAsync(installation, new SettleMessage(message.Id, message.Token));
            Interlocked.Increment(ref settled);
        }
    }

    private static async Task<double> LatencyAsync(Installation installation)
    {
        var figures = new List<double>();
        for (var i = 0; i < Lone; i++)
        {
            var taking = TakeAsync(installation, 1, CancellationToken.None);
            await Task.Delay(20);
            var start = Stopwatch.GetTimestamp();
            await SendAsync(installation);
            var message = (await taking)[0];
            figures.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            await CommitAsync(installation, new SettleMessage(message.Id, message.Token));
        }

        return figures.Order().ElementAt(Lone / 2);
    }

    private static async Task<IReadOnlyList<TakenMessage>> TakeAsync(Installation installation, int max, CancellationToken cancellationToken)
    {
        var request = new TakeMessages([BenchModule.Message], max, "bench", TimeSpan.FromMinutes(5));
        while (true)
        {
            if (await installation.Get<IQueue>().TakeAsync(request, cancellationToken) is { Count: > 0 } taken)
            {
                return taken;
            }
        }
    }

    private static Task SendAsync(Installation installation)
    {
        var id = Id.New(TimeProvider.System, new Bucket(1));
        return CommitAsync(installation, new SendMessage(id, BenchModule.Message, new Bucket(1), 0, TimeProvider.System.GetUtcNow(), RawRabbit.Body));
    }

    private static async Task CommitAsync(Installation installation, MessageWrite write)
    {
        var commit = new Commit { Id = Id.New(TimeProvider.System, new Bucket(1)), Bucket = new Bucket(1), Messages = [write] };
        _ = await installation.Shard.CommitAsync(commit, CancellationToken.None) as Committed ?? throw new InvalidOperationException("A message was lost on the way.");
    }
}
