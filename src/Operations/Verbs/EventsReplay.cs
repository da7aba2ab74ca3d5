using System.Globalization;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Verbs;

/// <summary>Lets events that a subscription parked be handled again.</summary>
internal sealed class EventsReplay : IVerb
{
    private const int Most = 100_000;

    public string Name => "events replay";

    public IReadOnlyList<string> Operands => ["subscription"];

    public string? Option => "position N";

    public string Summary => "Handle again the events that a subscription parked, all or one";

    public string Details => """
        Each event is handled once, and is parked no more when it had its effect; both are one transaction. One that fails again is
        named with its reason and stays; then this ends with 2.

        A followed view folds events in their order, so it cannot take one in later: `./run rebuild --kind <view>` makes it right.

        Stop the server first, or use POST /v1/admin/subscriptions/<subscription>/parked/<shard>/<position>/replay while it runs.
        """;

    public async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var subscription = invocation.Operands[0];
        var position = 0L;
        if (invocation.Option is { } option && !long.TryParse(option, NumberStyles.None, CultureInfo.InvariantCulture, out position))
        {
            throw new UsageException($"\"{option}\" is no position.");
        }

        await using var deployment = await Deployment.OpenAsync(invocation, cancellationToken);
        await deployment.Services.GetRequiredService<Secrets>().OpenAsync(cancellationToken);
        var parked = deployment.Services.GetRequiredService<ParkedEvents>();
        if (!parked.Subscriptions.Contains(subscription))
        {
            throw VerbLine.Unknown("subscription", subscription, parked.Subscriptions);
        }

        var (handled, failed) = (0, 0);
        foreach (var (shard, entry) in await parked.ListAsync(Most, cancellationToken))
        {
            if (entry.Subscription != subscription || (position > 0 && entry.Position != position))
            {
                continue;
            }

            var outcome = await parked.ReplayAsync(subscription, shard, entry.Position, actor: null, cancellationToken);
            handled += outcome.Replay == Replay.Handled ? 1 : 0;
            switch (outcome.Replay)
            {
                case Replay.FailedAgain:
                    failed++;
                    // it comes with the failure
                    Console.Error.WriteLine($"position {entry.Position} of shard {shard}: {outcome.Parked!.Reason}");
                    break;
                case Replay.NeedsRebuild:
                    throw new VerbFailedException(
                        $"{subscription} is a followed view; ./run rebuild --kind {subscription} makes it right.");
            }
        }

        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{handled} events handled, {failed} failed again"));
        return failed == 0 ? ExitCodes.Done : ExitCodes.Findings;
    }
}
