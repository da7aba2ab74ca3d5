namespace Monolith.Adapters.Tests.Suites;

/// <summary>What every edge promises. An adapter is tested by deriving from this, in one short file.</summary>
public abstract class EdgeContract : IAsyncLifetime
{
    private IEdge Edge { get; set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts an edge that keeps nothing yet.</summary>
    protected abstract ValueTask<IEdge> StartAsync();

    /// <summary>Lets a reader ask for something that carries keys, so that the edge has a copy of it if it keeps any.</summary>
    protected abstract ValueTask ReadAsync(string path, params IReadOnlyList<string> keys);

    /// <summary>Whether the edge has a copy of it.</summary>
    protected abstract ValueTask<bool> HasAsync(string path);

    /// <summary>Put clean-up here. The lifetime methods are not virtual, so an adapter cannot hide them by mistake.</summary>
    protected virtual ValueTask StopAsync() => ValueTask.CompletedTask;

    async ValueTask IAsyncLifetime.InitializeAsync() => Edge = await StartAsync();

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Forgets_what_carries_a_key_and_nothing_else()
    {
        await ReadAsync("/m/1", "photo-1", "media");
        await ReadAsync("/m/1b", "media", "photo-1");
        await ReadAsync("/m/2", "photo-2", "media");
        await ReadAsync("/m/11", "photo-11", "media");
        Assert.Equal(Edge.Terms.KeepsCopies, await HasAsync("/m/1"));

        var receipt = await Edge.PurgeAsync(["photo-1"], Cancellation);

        Assert.Equal(1, receipt.Keys);
        Assert.False(await HasAsync("/m/1"));
        Assert.False(await HasAsync("/m/1b"));
        Assert.Equal(Edge.Terms.KeepsCopies, await HasAsync("/m/2"));
        Assert.Equal(Edge.Terms.KeepsCopies, await HasAsync("/m/11"));
    }

    [Fact]
    public async Task Forgets_everything_that_shares_a_key()
    {
        await ReadAsync("/m/1", "photo-1", "media");
        await ReadAsync("/m/2", "photo-2", "media");

        await Edge.PurgeAsync(["media"], Cancellation);

        Assert.False(await HasAsync("/m/1"));
        Assert.False(await HasAsync("/m/2"));
    }

    [Fact]
    public async Task Takes_many_keys_at_once_and_long_ones()
    {
        var keys = Enumerable.Range(0, 300).Select(i => $"{new string('x', SurrogateKey.MaxLength - 3)}{i:000}").ToList();
        await ReadAsync("/m/first", keys[0]);
        await ReadAsync("/m/last", keys[^1]);

        var receipt = await Edge.PurgeAsync([.. keys, .. keys], Cancellation);

        Assert.Equal(300, receipt.Keys);
        Assert.InRange(receipt.Answer.Length, 0, 300);
        Assert.False(await HasAsync("/m/first"));
        Assert.False(await HasAsync("/m/last"));
    }

    [Fact]
    public async Task Takes_a_repetition_and_a_key_that_nothing_carries()
    {
        await ReadAsync("/m/1", "photo-1");

        for (var i = 0; i < 3; i++)
        {
            await Edge.PurgeAsync(["photo-1", "photo-of-none"], Cancellation);
        }

        Assert.False(await HasAsync("/m/1"));
    }

    [Fact]
    public async Task Takes_what_many_ask_for_at_once()
    {
        const int Count = 40;
        for (var i = 0; i < Count; i++)
        {
            await ReadAsync($"/m/{i}", $"photo-{i}");
        }

        var receipts = await Task.WhenAll(Enumerable.Range(0, Count).Select(i => Edge.PurgeAsync([$"photo-{i}"], Cancellation).AsTask()));

        Assert.All(receipts, r => Assert.Equal(1, r.Keys));
        for (var i = 0; i < Count; i++)
        {
            Assert.False(await HasAsync($"/m/{i}"));
        }
    }

    [Fact]
    public async Task Has_nothing_to_do_without_a_key()
    {
        await ReadAsync("/m/1", "photo-1");

        var receipt = await Edge.PurgeAsync([], Cancellation);

        Assert.Equal((0, ""), (receipt.Keys, receipt.Answer));
        Assert.Equal(Edge.Terms.KeepsCopies, await HasAsync("/m/1"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("a,b")]
    [InlineData("a\r\nX-Evil: 1")]
    [InlineData("ä")]
    [InlineData("*")]
    [InlineData("a\"b")]
    public async Task Refuses_what_is_no_key(string key) =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await Edge.PurgeAsync(["photo-1", key], Cancellation));

    [Fact]
    public async Task Does_nothing_for_a_caller_who_has_cancelled()
    {
        await ReadAsync("/m/1", "photo-1");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Edge.PurgeAsync(["photo-1"], new CancellationToken(canceled: true)));

        Assert.Equal(Edge.Terms.KeepsCopies, await HasAsync("/m/1"));
    }

    [Fact]
    public void Gives_addresses_that_lead_to_the_path()
    {
        var url = Edge.UrlFor("/m/1");

        Assert.True(url == "/m/1" || url == new Uri(Edge.Terms.Url!, "/m/1").ToString(), url); // An address elsewhere is one at the edge.
        Assert.True(Edge.Terms.KeepsCopies || Edge.Terms.Url is null);
    }
}
