using System.Text.Json;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Verbs;

/// <summary>Prints the events that subscriptions parked.</summary>
internal sealed class EventsParked : IVerb
{
    private const int Most = 100_000;

    public string Name => "events parked";

    public string Summary => "Print the events that subscriptions parked, one JSON line each";

    public string Details => """
        Each line has the fields shard, subscription, position, type, kind (poison, serialisation, unknownType, outOfOrder), attempts,
        since, at and reason. `./run events replay` lets one be handled again.

        Works while the server runs.
        """;

    public async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        await using var deployment = Deployment.Build(invocation);
        deployment.RequireStores();
        await deployment.Shards.OpenForReadingAsync(cancellationToken);
        await using var output = Console.OpenStandardOutput();
        foreach (var (shard, parked) in await deployment.Services.GetRequiredService<ParkedEvents>().ListAsync(Most, cancellationToken))
        {
            using (var json = new Utf8JsonWriter(output))
            {
                json.WriteStartObject();
                json.WriteNumber("shard", shard);
                json.WriteString("subscription", parked.Subscription);
                json.WriteNumber("position", parked.Position);
                json.WriteString("type", parked.Type);
                json.WriteString("kind", JsonNamingPolicy.CamelCase.ConvertName($"{parked.Kind}"));
                json.WriteNumber("attempts", parked.Attempts);
                json.WriteString("since", parked.Since ?? parked.At);
                json.WriteString("at", parked.At);
                json.WriteString("reason", parked.Reason);
                json.WriteEndObject();
            }

            output.WriteByte((byte)'\n');
        }

        return ExitCodes.Done;
    }
}
