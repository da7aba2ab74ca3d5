using System.Xml.Linq;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Host;
using Monolith.Host.Operations;

namespace Monolith.Modules.Tests.Platform;

/// <summary>The keys of forms, on a host that was never started and so has made none.</summary>
[Trait("host", "none")]
public sealed class KeyRingTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("monolith-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Has_one_first_key_though_several_nodes_make_one_at_once_and_takes_every_later_one()
    {
        await using var host = Application.Build(
            ["--urls=http://127.0.0.1:0", $"--Adapters:Store=sqlite:{_directory}/store.db", "--Logging:LogLevel:Default=Warning"],
            Catalog.Modules);
        await Application.OpenAsync(host);
        var shards = host.Services.GetRequiredService<Shards>();
        var (one, other) = (new StoreKeyRing(shards, TimeProvider.System), new StoreKeyRing(shards, TimeProvider.System));
        Assert.Empty(one.GetAllElements());
        Assert.Empty(other.GetAllElements());

        one.StoreElement(new XElement("one"), "key-1");
        other.StoreElement(new XElement("other"), "key-2");

        Assert.Equal("one", Assert.Single(one.GetAllElements()).Name);
        Assert.Equal("one", Assert.Single(other.GetAllElements()).Name);
        one.StoreElement(new XElement("next"), "key-3");
        other.StoreElement(new XElement("next"), "key-4");
        Assert.Equal(3, other.GetAllElements().Count);
    }
}
