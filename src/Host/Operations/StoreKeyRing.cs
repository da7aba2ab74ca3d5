using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Values;

namespace Monolith.Host.Operations;

/// <summary>Keeps the keys of ASP.NET Core data protection in the first store, so that every node takes every node's forms.</summary>
internal sealed class StoreKeyRing(Shards shards, TimeProvider clock) : IXmlRepository
{
    private const string Kind = "host.protection-key.v1";

    // A key lives for 90 days, so this is decades of them.
    private const int MaxKeys = 200;

    // The interface is synchronous; it is called at the start and once in 90 days.
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. shards.First.Store.QueryAsync(new DocumentQuery(Kind, MaxKeys), CancellationToken.None).AsTask().GetAwaiter().GetResult()
            .Select(d => XElement.Parse(System.Text.Json.JsonDocument.Parse(d.Body).RootElement.GetString()!))]; // written below, as a string

    public void StoreElement(XElement element, string friendlyName)
    {
        var id = Id.New(clock, default);
        var body = System.Text.Encoding.UTF8.GetBytes($"\"{System.Text.Json.JsonEncodedText.Encode(element.ToString(SaveOptions.DisableFormatting))}\"");
        var commit = new Commit
        {
            Id = id,
            Bucket = default,
            Epoch = shards.Epoch,
            Documents = [new DocumentWrite(Kind, id.ToString(), null, body, 1) { ExpectedVersion = 0 }],
        };
        shards.First.CommitAsync(commit, CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }
}

/// <summary>Lets data protection use the ring.</summary>
internal sealed class UseStoreKeyRing(StoreKeyRing ring) : IConfigureOptions<KeyManagementOptions>
{
    public void Configure(KeyManagementOptions options) => options.XmlRepository = ring;
}
