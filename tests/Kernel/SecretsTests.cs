namespace Monolith.Kernel.Tests;

public sealed class SecretsTests
{
    private readonly MemoryStore _store = new(TimeProvider.System);

    [Fact]
    public async Task Nodes_that_start_at_once_agree_on_one_secret()
    {
        var nodes = Enumerable.Range(0, 8).Select(_ => new TestNode(_store, TimeProvider.System)).ToList();

        await Task.WhenAll(nodes.Select(n => Task.Run(() => n.Get<Secrets>().OpenAsync(default))));

        Assert.Single(nodes.Select(n => Convert.ToHexString(n.Get<Secrets>().Derive("purpose"))).Distinct());
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_key_is_for_one_purpose_only()
    {
        await using var node = new TestNode(_store, TimeProvider.System);
        await node.Get<Secrets>().OpenAsync(default);

        var keys = new[] { "a", "b" }.Select(p => node.Get<Secrets>().Derive(p)).ToList();

        Assert.All(keys, key => Assert.Equal(32, key.Length));
        Assert.NotEqual(keys[0], keys[1]);
    }

    [Fact]
    public async Task There_is_no_key_before_the_secret_is_loaded()
    {
        await using var node = new TestNode(_store, TimeProvider.System);

        Assert.Throws<InvalidOperationException>(() => node.Get<Secrets>().Derive("purpose"));
    }
}
