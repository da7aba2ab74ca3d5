using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Adapters.Embedded;

namespace Monolith.Adapters.Tests;

public sealed class EmbeddedAdaptersTests
{
    private static readonly IAdapter[] _catalog = [new MemoryAdapter(), new FileAdapter(), new NoneAdapter(), new StoreAdapter()];

    [Fact]
    public void Fill_their_ports_by_default_and_touch_nothing_before_they_are_used()
    {
        var directory = Path.Combine(Path.GetTempPath(), $"monolith-{Path.GetRandomFileName()}");
        var (services, faults) = Add(("Blobs", $"file:{directory}"), ("Mail", $"file://{directory}/mail?from=noreply@example.org"));
        services.AddSingleton<TimeProvider>(new FakeClock()).AddMetrics().AddSingleton(TestShards.Over(new MemoryStore(new FakeClock())));
        using var provider = services.BuildServiceProvider();

        Assert.Empty(faults);
        Assert.All(
            [typeof(ICache), typeof(ISessionStore), typeof(IQueue), typeof(IBlobStore), typeof(IEdge), typeof(IMailer)],
            port => Assert.Same(provider.GetRequiredService(port), provider.GetRequiredService(port)));
        Assert.Equal("/m/1", provider.GetRequiredService<IEdge>().UrlFor("/m/1"));
        Assert.False(Directory.Exists(directory));
    }

    [Theory]
    [InlineData("Cache", "memory:?size=big", "key \"size\" must be a size such as 64MB")]
    [InlineData("Cache", "memory:?eviction=random", "key \"eviction\" must be one of lru, lfu, fifo")]
    [InlineData("Cache", "memory://host", "names a place; write it like \"memory:\"")]
    [InlineData("Sessions", "store:data", "names a place; write it like \"store:\"")]
    [InlineData("Queue", "store:data", "names a place; write it like \"store:\"")]
    [InlineData("Edge", "none:x", "names a place; write it like \"none:\"")]
    [InlineData("Blobs", "file:", "names no path; write it like \"file:data/blobs\"")]
    [InlineData("Blobs", "file://data/blobs", "names a host; write it like \"file:data/blobs\"")]
    [InlineData("Mail", "file:data/mail?from=Ada <ada@example.org>", "key \"from\" must be one address such as noreply@example.org")]
    [InlineData("Mail", "file:data/mail?form=a@b", "unknown key \"form\"; did you mean \"from\"?")]
    public void Say_what_is_wrong_with_their_url(string port, string url, string fault) =>
        Assert.Equal($"Adapters:{port}: {fault}", Assert.Single(Add((port, url)).Faults));

    private static (ServiceCollection Services, IReadOnlyList<string> Faults) Add(params IEnumerable<(string Port, string Url)> settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToDictionary(s => $"Adapters:{s.Port}", string? (s) => s.Url)).Build();
        var faults = new Faults();
        var services = new ServiceCollection();
        services.AddAdapters(configuration, _catalog, faults);

        // Whether there is an adapter for the store is not the question here.
        return (services, [.. faults.Lines.Where(line => !line.Contains("Adapters:Store", StringComparison.Ordinal))]);
    }
}
