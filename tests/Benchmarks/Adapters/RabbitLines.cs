using System.Diagnostics;

namespace Monolith.Benchmarks.Adapters;

/// <summary>Messages over RabbitMQ, with PostgreSQL for the record.</summary>
internal static class RabbitLines
{
    private const int Messages = 20_000;
    private const int Clients = 256;
    private const int Takers = 4;
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
        await using var rows = await RawRows.OpenAsync(postgres.ConnectionString("raw"));
        await using var raw = await RawRabbit.OpenAsync(broker.Url(), "raw", rows.InsertAsync, rows.DeleteAsync);
        await using var commits = await RawRabbit.OpenAsync(
            broker.Url(), "commits", id => SendAsync(store, id, TimeProvider.System.GetUtcNow().AddDays(1)),
            ids => Task.WhenAll(ids.Select(id => CommitAsync(store, new CancelMessage(id)))));

        yield return await rounds.RunAsync(
            new Line("adapters", $"rabbitmq: messages, {Clients} senders", "/s", 0, 0, 0, "") { Goal = new Goal(Ratio: 0.8) },
            new Contender("", () => RateAsync(ours)),
            new Contender("by hand: grouped inserts, publish, confirm, consume, delete", () => raw.RateAsync(Messages, Clients)),
            new Contender("the same with our commits for inserts and deletes", () => commits.RateAsync(Messages, Clients)),
            new Contender("with store:", () => RateAsync(store)));
        yield return await rounds.RunAsync(
            new Line("adapters", "rabbitmq: a lone message, sent to begun", "ms", 0, 0, 0, "") { Goal = new Goal(Ratio: 0.8) },
            new Contender("", () => LatencyAsync(ours)),
            new Contender("by hand: insert, publish, consume", () => raw.LatencyAsync(Lone)),
            new Contender("the same with our commit for the insert", () => commits.LatencyAsync(Lone)),
            new Contender("with store:", () => LatencyAsync(store)));
        yield return await rounds.RunAsync(
            new Line("adapters", "rabbitmq: no-op jobs, scheduled and done", "/s", 0, 0, 0, ""),
            new Contender("", () => JobLines.DoAsync(ours)),
            new Contender("messages by hand, as above", () => raw.RateAsync(Messages, Clients)),
            new Contender("with store:", () => JobLines.DoAsync(store)));
    }

    private static async Task<Installation> StartAsync(Scratch scratch, PostgresTestServer postgres, string name, string queue)
    {
        await postgres.ExecuteAsync("postgres", $"create database {name} owner {PostgresTestServer.User}");
        var installation = await Installation.OpenAsync(
            Path.Combine(scratch.Folder, name),
            store: postgres.Url(name, "?tls=disable"),
            settings: [$"--Adapters:Queue={queue}"]);
        await installation.StartAsync();
        return installation;
    }

    // From the first that is sent to the last whose end is on disk. Takers enough that one takes while another settles, as the workers of a
    // few nodes would.
    private static async Task<double> RateAsync(Installation installation)
    {
        using var end = new CancellationTokenSource();
        var (start, settled) = (Stopwatch.GetTimestamp(), 0);
        var taking = Enumerable.Range(0, Takers).Select(_ => Task.Run(TakeAllAsync)).ToList();
        await Parallel.ForAsync(
            0, Messages, new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (_, _) => await SendAsync(installation));
        await Task.WhenAll(taking).WaitAsync(TimeSpan.FromMinutes(2));
        return Messages / Stopwatch.GetElapsedTime(start).TotalSeconds;

        async Task TakeAllAsync()
        {
            while (Volatile.Read(ref settled) < Messages)
            {
                try
                {
                    var messages = await TakeAsync(installation, Clients, end.Token);
                    await Task.WhenAll(messages.Select(m => CommitAsync(installation, new SettleMessage(m.Id, m.Token))));
                    if (Interlocked.Add(ref settled, messages.Count) == Messages)
                    {
                        await end.CancelAsync();
                    }
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
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

    private static async Task<IReadOnlyList<TakenMessage>> TakeAsync(
        Installation installation, int max, CancellationToken cancellationToken)
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

    private static Task SendAsync(Installation installation) =>
        SendAsync(installation, Id.New(TimeProvider.System, new Bucket(1)), TimeProvider.System.GetUtcNow());

    private static Task SendAsync(Installation installation, Guid id, DateTimeOffset due) =>
        CommitAsync(installation, new SendMessage(id, BenchModule.Message, new Bucket(1), 0, due, RawRabbit.Body));

    private static async Task CommitAsync(Installation installation, MessageWrite write)
    {
        var commit = new Commit { Id = Id.New(TimeProvider.System, new Bucket(1)), Bucket = new Bucket(1), Messages = [write] };
        _ = await installation.Shard.CommitAsync(commit, CancellationToken.None) as Committed
            ?? throw new InvalidOperationException("A message was lost on the way.");
    }
}
