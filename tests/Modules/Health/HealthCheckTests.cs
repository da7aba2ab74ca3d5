using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Monolith.Host.Operations;

namespace Monolith.Modules.Tests.Health;

/// <summary>What each check finds. Unhealthy takes a node out of the balancer, so only what this node alone cannot do may say so.</summary>
[Trait("host", "none")]
public sealed class HealthCheckTests
{
    private static readonly HealthCheckContext _context = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, HealthStatus.Healthy, null)]
    [InlineData(1, HealthStatus.Degraded, "gone")]
    [InlineData(3, HealthStatus.Unhealthy, "gone")]
    public async Task Takes_a_node_out_when_none_of_its_stores_answers(int unavailable, HealthStatus status, string? reason)
    {
        var store = new MemoryStore(TimeProvider.System);
        var gone = InterceptedStore.Before(store, _ => throw new StoreUnavailableException("gone", isFull: false, null));
        var shards = TestShards.Over([.. Enumerable.Range(0, 3).Select(i => i < unavailable ? gone : store)]);
        await using var disposal = shards;

        var found = await new StoresCheck(shards).CheckHealthAsync(_context, Cancelled);

        Assert.Equal(status, found.Status);
        Assert.Equal(
            unavailable, found.Description?.Split("; ").Count(part => part.EndsWith($": {reason}", StringComparison.Ordinal)) ?? 0);
    }

    [Fact]
    public async Task Goes_on_without_what_is_outside()
    {
        var outside = new Outside();

        Assert.Equal(HealthStatus.Healthy, (await new ExternalCheck(outside).CheckHealthAsync(_context, Cancelled)).Status);
        outside.Fault = "Redis cache:6379 is not available";
        var found = await new ExternalCheck(outside).CheckHealthAsync(_context, Cancelled);

        Assert.Equal((HealthStatus.Degraded, outside.Fault), (found.Status, found.Description));
    }

    [Fact]
    public async Task Names_each_disk_that_is_low_and_goes_on_reading()
    {
        FakeDisk[] disks = [new("store.db"), new("blobs"), new("mail")];
        Assert.Equal(HealthStatus.Healthy, (await new DisksCheck(disks).CheckHealthAsync(_context, Cancelled)).Status);

        (disks[0].IsLow, disks[2].IsLow) = (true, true);
        var found = await new DisksCheck(disks).CheckHealthAsync(_context, Cancelled);

        Assert.Equal((HealthStatus.Degraded, "the disk of store.db is low, the disk of mail is low"), (found.Status, found.Description));
    }

    [Fact]
    public async Task Takes_a_node_out_that_is_about_to_stop()
    {
        using var lifetime = new Lifetime();

        Assert.Equal(HealthStatus.Healthy, (await new DrainCheck(lifetime).CheckHealthAsync(_context, Cancelled)).Status);
        lifetime.StopApplication();

        Assert.Equal(HealthStatus.Unhealthy, (await new DrainCheck(lifetime).CheckHealthAsync(_context, Cancelled)).Status);
    }

    [Theory]
    [InlineData(5, true, true)]
    [InlineData(0, true, false)] // nothing to wait for
    [InlineData(5, false, false)] // it never listened
    public async Task Waits_for_balancers_before_the_door_is_shut(int seconds, bool isStarted, bool waits)
    {
        using var lifetime = new Lifetime();
        if (isStarted)
        {
            lifetime.Start();
        }

        var clock = new FakeClock();
        var stopping = new DrainPause(new RequestLimits { Drain = TimeSpan.FromSeconds(seconds) }, lifetime, clock).StoppingAsync(
            Cancelled);

        Assert.Equal(waits, !stopping.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(seconds - 0.1));
        Assert.Equal(waits, !stopping.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.1));
        await stopping;
    }

    private sealed class Outside : IExternalDependency
    {
        public string Port => "Cache";

        public string? Fault { get; set; }
    }

    private sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _started = new();
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => _started.Token;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => default;

        public void Start() => _started.Cancel();

        public void StopApplication() => _stopping.Cancel();

        public void Dispose()
        {
            _started.Dispose();
            _stopping.Dispose();
        }
    }
}

/// <summary>A disk that is low when a test says so.</summary>
internal sealed class FakeDisk(string place) : IDisk
{
    public string Place => place;

    public bool IsLow { get; set; }

    public int Looks { get; private set; }

    public DiskState Look()
    {
        Looks++;
        return new DiskState(IsLow ? 10 : 1000, 100, IsLow);
    }
}
