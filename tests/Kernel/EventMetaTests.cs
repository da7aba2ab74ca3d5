using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests;

public sealed class EventMetaTests : IAsyncDisposable
{
    private readonly MemoryStore _store = new(TimeProvider.System);
    private readonly TestNode _node;
    private readonly AsyncServiceScope _scope;

    public EventMetaTests()
    {
        _node = new TestNode(_store, TimeProvider.System);
        _scope = _node.Scope();
    }

    public async ValueTask DisposeAsync()
    {
        await _scope.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Names_the_first_event_of_a_commit_in_all_its_others()
    {
        var work = Work();
        work.Start<Thing>(Thing.Stream("a")).Append(new Thing.Happened("1"), new Thing.Happened("2"));
        work.Start<Thing>(Thing.Stream("b")).Append(new Thing.Happened("3"), new Thing.Happened("4"));

        await work.CommitAsync(default);

        var log = (await _store.ReadLogAsync(0, 10, null, default)).Events;
        Assert.Equal([null, $"{log[0].Id}", $"{log[0].Id}", $"{log[0].Id}"], log.Select(OfCommit));
    }

    [Fact]
    public async Task Names_no_other_event_where_a_commit_has_one()
    {
        await _node.HappenAsync(Thing.Stream("a"), "x");

        Assert.Null(OfCommit(Assert.Single(await _store.ReadStreamAsync(Thing.Stream("a"), 0, 10, default))));
    }

    [Fact]
    public async Task Names_the_first_event_of_the_commit_in_what_joined_it()
    {
        var outer = Work();
        outer.Start<Thing>(Thing.Stream("a")).Append(new Thing.Happened("outer"));
        await outer.JoinAsync(async () =>
        {
            var inner = Work();
            inner.Start<Thing>(Thing.Stream("b")).Append(new Thing.Happened("inner"));
            await inner.CommitAsync(default);
            return 0;
        });

        await outer.CommitAsync(default);

        var log = (await _store.ReadLogAsync(0, 10, null, default)).Events;
        Assert.Equal([null, $"{log[0].Id}"], log.Select(OfCommit));
    }

    [Fact]
    public async Task Keeps_what_was_one_commit_out_of_the_hash_chain()
    {
        await _node.HappenAsync(Thing.Stream("a"), "x", "y");

        var expected = new byte[HashChain.HeadSize];
        foreach (var stored in await _store.ReadStreamAsync(Thing.Stream("a"), 0, 10, default))
        {
            HashChain.Advance(expected, stored.Id, stored.Type, stored.Data.Span);
        }

        Assert.Equal(expected, Assert.Single(await _store.ReadStreamHeadsAsync("", 10, default)).Head.ToArray());
    }

    private static string? OfCommit(StoredEvent stored) => stored.Meta.IsEmpty ? null : (string?)JsonNode.Parse(stored.Meta.Span)!["of"];

    private UnitOfWork Work() => _scope.ServiceProvider.GetRequiredService<UnitOfWork>();
}
