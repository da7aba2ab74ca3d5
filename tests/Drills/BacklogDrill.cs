using System.Diagnostics;
using Monolith.Adapters.RabbitMq;
using RabbitMQ.Client;

namespace Monolith.Drills;

/// <summary>
/// Switches all workers off while people upload, spoils what lies in the broker, and switches them on: each variant is made once.
/// </summary>
internal sealed class BacklogDrill(TimeSpan off) : Drill
{
    private const int Visitors = 6;
    private const int LostOf = 100;

    private static readonly TimeSpan _busy = TimeSpan.FromSeconds(15);

    protected override async Task RunAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        await using var broker = await BrokerDrill.StartBrokerAsync();

        // A window that is smaller than the backlog, so that some of it waits in the store.
        var url = broker.Url("?window=300&lease=10s");
        await using var ground = await PostgresGround.StartAsync($"Adapters:Queue={url}");
        var (during, waiting) = (0, 0L);
        (int Doubled, int Lost) spoilt;
        TimeSpan drained;
        using (var web = await HostProcess.StartAsync(Folder, [.. ground.Settings, "Roles=web"], cancellationToken))
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var visits = Enumerable.Range(0, Visitors).Select(_ => new Visitor(ledger).VisitAsync(web.Http, end.Token)).ToList();

            // Reactions schedule the jobs, and run on workers; so there is one at first, with too little room for the jobs.
            await WithWorkerAsync(ground, () => Task.Delay(_busy, cancellationToken), cancellationToken, "Jobs:Concurrency=1");
            var before = ledger.Acknowledged;
            await Task.Delay(off, cancellationToken);
            during = ledger.Acknowledged - before;
            await end.CancelAsync();
            await Task.WhenAll(visits.Select(Visitor.EndAsync));
            waiting = await ground.MessagesAsync(cancellationToken);
            spoilt = await SpoilAsync(url, cancellationToken);
            Require(ledger, during > 0, "Nothing was acknowledged while the workers were off");
            Require(ledger, spoilt is { Doubled: > 0, Lost: > 0 }, "Nothing lay in the broker while the workers were off");

            var start = Stopwatch.GetTimestamp();
            await WithWorkerAsync(
                ground, () => WithWorkerAsync(ground, new ApiAudit(ledger, web.Http, cancellationToken).RunAsync, cancellationToken),
                cancellationToken);
            drained = Stopwatch.GetElapsedTime(start);
            Require(ledger, await web.StopAsync(cancellationToken) == 0, "The web node did not end with 0");
        }

        await AuditAsync(ledger, ground, enough: 50, cancellationToken);
        Print($"""
            workers off     {off.TotalSeconds} s, with {during} writes acknowledged meanwhile, after which {waiting} messages waited
            spoilt          {spoilt.Doubled} doubled and shuffled, {spoilt.Lost} lost
            drained         by two workers within {drained.TotalSeconds:F1} s, their start included
            """);
    }

    private async Task WithWorkerAsync(
        Ground ground, Func<Task> work, CancellationToken cancellationToken, params IReadOnlyList<string> more)
    {
        using var worker = await HostProcess.StartAsync(Folder, [.. ground.Settings, "Roles=worker", .. more], cancellationToken);
        await work();
        await worker.StopAsync(cancellationToken);
    }

    /// <summary>Takes everything out of the broker, and puts it back twice, in another order, and with a part missing.</summary>
    private static async Task<(int Doubled, int Lost)> SpoilAsync(string url, CancellationToken cancellationToken)
    {
        var settings = RabbitSettings.Read(AdapterUrl.Parse("Adapters:Queue", url, new Faults())!); // Null only without a scheme.
        await using var connection = await settings.ConnectAsync("drill", cancellationToken);
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), cancellationToken);
        var queue = RabbitTopology.QueueOf(settings, "media.make-variant.v1");
        var copies = new List<BasicGetResult>();
        while (await channel.BasicGetAsync(queue, autoAck: true, cancellationToken) is { } copy)
        {
            copies.Add(copy);
        }

        var kept = copies.Where((_, i) => i % LostOf != 0).ToList();
        foreach (var copy in kept.Concat(kept).OrderBy(_ => Random.Shared.Next()))
        {
            await channel.BasicPublishAsync(
                "", queue, mandatory: true, new BasicProperties(copy.BasicProperties), copy.Body, cancellationToken);
        }

        return (kept.Count, copies.Count - kept.Count);
    }
}
