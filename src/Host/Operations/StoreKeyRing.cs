using System.Text.Json;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;

namespace Monolith.Host.Operations;

/// <summary>Keeps the keys of ASP.NET Core data protection in the first store, so that every node takes every node's forms.</summary>
internal sealed class StoreKeyRing(Shards shards, TimeProvider clock) : IXmlRepository
{
    private const string Kind = "host.protection-key.v1";

    private const string First = "first";

    // A key lives for 90 days, so this is decades of them.
    private const int MaxKeys = 200;

    // What the caller that adds a key has seen of the ring before.
    private volatile bool _wasEmpty;

    // The interface is synchronous; it is called at the start and once in 90 days.
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        var documents = shards.First.Store.QueryAsync(new DocumentQuery(Kind, MaxKeys), CancellationToken.None)
            .AsTask().GetAwaiter().GetResult();
        IReadOnlyCollection<XElement> all = [.. documents
            .Select(d => JsonDocument.Parse(d.Body).RootElement.GetString()!) // written below, as a string
            .Select(XElement.Parse)];
        _wasEmpty = all.Count == 0;
        return all;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        // Of nodes that start for the first time at once, one makes the first key. Who comes too late reads the ring again and finds that
        // one; with keys of their own they would refuse each other's forms until the next look at the ring, a day later.
        var isFirst = _wasEmpty;
        var id = Id.New(clock, Bucket.Here);
        var body = System.Text.Encoding.UTF8.GetBytes(
            $"\"{System.Text.Json.JsonEncodedText.Encode(element.ToString(SaveOptions.DisableFormatting))}\"");
        var commit = new Commit
        {
            Id = id,
            Bucket = Bucket.Here,
            Documents = [new DocumentWrite(Kind, isFirst ? First : id.ToString(), null, body, 1) { ExpectedVersion = 0 }],
        };
        var outcome = shards.First.CommitAsync(commit, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        if (outcome is Conflict conflict && !(isFirst && conflict.Kind == ConflictKind.Document))
        {
            throw new InvalidOperationException($"The key was not stored: {conflict}");
        }
    }
}

/// <summary>Lets data protection use the ring.</summary>
internal sealed class UseStoreKeyRing(StoreKeyRing ring) : IConfigureOptions<KeyManagementOptions>
{
    public void Configure(KeyManagementOptions options) => options.XmlRepository = ring;
}
