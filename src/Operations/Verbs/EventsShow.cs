using System.Text.Json;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Verbs;

/// <summary>Prints the events of a stream.</summary>
internal sealed class EventsShow : IVerb
{
    private const int PageSize = 500;

    public string Name => "events show";

    public IReadOnlyList<string> Operands => ["stream"];

    public string Summary => "Print the events of a stream, one JSON line each";

    public string Details => """
        A stream is called category-key: user-0197f0c2-…. Each line has the fields position, version, type, id, at, data and meta.
        Data that is no JSON, because it was damaged, is shown in base64 as unreadableData.

        Personal fields are shown as they are stored, sealed: ~p1s.… So the output holds ids, times and hashes, and no personal data.

        Works while the server runs.
        """;

    public async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var name = invocation.Operands[0];
        if (name.IndexOf('-', StringComparison.Ordinal) <= 0)
        {
            throw new UsageException($"\"{name}\" is no stream; one is called category-key, as in user-0197f0c2-….");
        }

        await using var deployment = Deployment.Build(invocation);
        deployment.RequireStores();
        await using var output = Console.OpenStandardOutput();
        var count = 0L;
        foreach (var store in deployment.Shards.Stores)
        {
            await (store is IFileStore file ? file.OpenForReadingAsync(cancellationToken) : store.OpenAsync(cancellationToken));

            // Names are unique in the deployment, so every store may be asked, whatever bucket it lies in.
            count += await ShowAsync(store, StreamId.Parse(default, name), output, cancellationToken);
        }

        return count > 0 ? ExitCodes.Done : throw new VerbFailedException($"There is no stream {name}.");
    }

    private static async Task<long> ShowAsync(IReadStore store, StreamId stream, Stream output, CancellationToken cancellationToken)
    {
        for (var version = 0L; ;)
        {
            var page = await store.ReadStreamAsync(stream, version, PageSize, cancellationToken);
            foreach (var e in page)
            {
                await output.WriteAsync(LineOf(e), cancellationToken);
                version = e.Version;
            }

            if (page.Count < PageSize)
            {
                return version;
            }
        }
    }

    internal static byte[] LineOf(StoredEvent e)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteNumber("position", e.Position);
            json.WriteNumber("version", e.Version);
            json.WriteString("type", e.Type);
            json.WriteString("id", e.Id);
            json.WriteString("at", e.At);
            Write(json, "data", "unreadableData", e.Data.Span);
            if (!e.Meta.IsEmpty)
            {
                Write(json, "meta", "unreadableMeta", e.Meta.Span);
            }

            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        return line.ToArray();
    }

    private static void Write(Utf8JsonWriter json, string name, string nameIfDamaged, ReadOnlySpan<byte> data)
    {
        try
        {
            // Serialised again and not copied: a line break inside would end the line.
            var reader = new Utf8JsonReader(data);
            using var value = JsonDocument.ParseValue(ref reader);
            json.WritePropertyName(name);
            value.RootElement.WriteTo(json);
        }
        catch (JsonException)
        {
            json.WriteBase64String(nameIfDamaged, data);
        }
    }
}
