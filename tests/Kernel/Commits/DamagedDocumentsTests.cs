using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests.Commits;

/// <summary>A document that is damaged is made again from its stream; where that is damaged too, it is said.</summary>
public sealed class DamagedDocumentsTests : IAsyncDisposable
{
    private readonly FakeClock _clock = new();
    private readonly MemoryStore _store;
    private readonly TestNode _node;
    private readonly AsyncServiceScope _scope;
    private readonly StreamId _stream;
    private readonly ThingId _id;

    public DamagedDocumentsTests()
    {
        _store = new MemoryStore(_clock);
        _node = new TestNode(_store, _clock);
        _scope = _node.Scope();
        _id = Id.New<ThingId>(_clock, new Bucket(1));
        _stream = StreamId.Of(Thing.Category, _id);
    }

    public async ValueTask DisposeAsync()
    {
        await _scope.DisposeAsync();
        await _node.DisposeAsync();
    }

    public static TheoryData<string> Damage =>
        new("", "{\"count\":", "{\"count\":2", "\"text", "{\"count\":2}}", "nul", "\"\\ud800", "\u0001");

    [Theory]
    [MemberData(nameof(Damage))]
    public async Task A_view_is_read_as_it_should_be(string body)
    {
        await _node.HappenAsync(_stream, "x", "y");
        await WriteAsync(TallyProjection.ViewKind, Encoding.UTF8.GetBytes(body));

        var found = await Views.FindAsync(TallyProjection.ViewKind, _id, default);
        var listed = Assert.Single(await Views.QueryAllAsync(new DocumentQuery(TallyProjection.ViewKind, 10), default));

        Assert.Equal(new Tally(2), Views.Read<Tally>(found!));
        Assert.Equal(new Tally(2), Views.Read<Tally>(listed));
        Assert.Equal(2, found!.Version);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_damage_too()
    {
        await _node.HappenAsync(_stream, "x");
        await WriteAsync(TallyProjection.ViewKind, [(byte)'"', 0xC3, 0x28, (byte)'"']);

        Assert.Equal(new Tally(1), Views.Read<Tally>((await Views.FindAsync(TallyProjection.ViewKind, _id, default))!));
    }

    [Fact]
    public async Task A_view_of_a_long_stream_is_made_from_all_of_its_pages()
    {
        await _node.HappenAsync(_stream, [.. Enumerable.Range(0, 1_000).Select(i => $"{i}")]);
        await WriteAsync(TallyProjection.ViewKind, "{"u8.ToArray());

        Assert.Equal(new Tally(1_000), Views.Read<Tally>((await Views.FindAsync(TallyProjection.ViewKind, _id, default))!));
    }

    [Theory]
    [MemberData(nameof(Damage))]
    public async Task A_state_is_folded_from_its_stream_and_written_by_the_next_commit(string body)
    {
        await _node.HappenAsync(_stream, "x", "y");
        await WriteAsync(Thing.Kind, Encoding.UTF8.GetBytes(body));

        Assert.Equal(["x", "y"], await _node.CountedAsync(_stream));
        await _node.HappenAsync(_stream, "z");

        Assert.Equal(
            """{"counted":["x","y","z"]}""", Encoding.UTF8.GetString((await _store.FindAsync(Thing.Kind, _stream.Key, default))!.Body));
    }

    [Fact]
    public async Task A_view_that_is_damaged_is_not_folded_further()
    {
        await _node.HappenAsync(_stream, "x", "y");
        await WriteAsync(TallyProjection.ViewKind, "{\"count\":"u8.ToArray());

        await _node.HappenAsync(_stream, "z");

        Assert.Equal(
            """{"count":3}""", Encoding.UTF8.GetString((await _store.FindAsync(TallyProjection.ViewKind, _stream.Key, default))!.Body));
    }

    [Theory]
    [InlineData("things.unknown.v1", "0198c0de-0000-7000-8000-000000000001")]
    [InlineData(TallyProjection.ViewKind, "no-id")]
    public async Task A_document_that_no_stream_makes_is_told_as_damaged(string kind, string id)
    {
        await WriteAsync(kind, "{"u8.ToArray(), id);

        var damaged = await Assert.ThrowsAsync<DamagedException>(() => Views.QueryAllAsync(new DocumentQuery(kind, 10), default).AsTask());

        Assert.Contains($"{kind}/{id}", damaged.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"what\":")]
    [InlineData("{\"what\":7}")]
    [InlineData("[]")]
    public async Task A_stream_that_is_damaged_as_well_is_told(string data)
    {
        await AppendAsync(data);
        await WriteAsync(Thing.Kind, "{"u8.ToArray());
        await WriteAsync(TallyProjection.ViewKind, "{"u8.ToArray());

        await Assert.ThrowsAsync<DamagedException>(() => _node.CountedAsync(_stream));
        await Assert.ThrowsAsync<DamagedException>(() => Views.FindAsync(TallyProjection.ViewKind, _id, default).AsTask());
    }

    [Fact]
    public async Task Documents_of_several_shards_come_in_one_order()
    {
        await using var node = new TestNode([new MemoryStore(_clock), new MemoryStore(_clock)], _clock);
        for (var i = 0; i < 6; i++)
        {
            await node.HappenAsync(Thing.Stream($"{i}", bucket: i), "x");
        }

        await using var scope = node.Scope();
        var views = scope.ServiceProvider.GetRequiredService<Views>();

        var rising = await views.QueryAllAsync(new DocumentQuery(TallyProjection.ViewKind, 4), default);
        var falling = await views.QueryAllAsync(new DocumentQuery(TallyProjection.ViewKind, 4) { IsDescending = true }, default);
        var one = await views.QueryAsync(new Bucket(1), new DocumentQuery(TallyProjection.ViewKind, 4), default);

        Assert.Equal(["0", "1", "2", "3"], rising.Select(d => d.Id));
        Assert.Equal(["5", "4", "3", "2"], falling.Select(d => d.Id));
        Assert.Equal(["1", "3", "5"], one.Select(d => d.Id));
    }

    [Fact]
    public async Task A_page_is_filled_up_where_documents_of_the_erased_are_left_out()
    {
        var people = new List<Guid>();
        for (var i = 0; i < 6; i++)
        {
            people.Add(Id.New(_clock, new Bucket(1)));
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            await ChangeAsync(work => work.Start<Person>(Person.Stream(people[^1])).Append(new Person.Named($"{i}", null, i)));
        }

        foreach (var erased in new[] { people[0], people[2], people[3] })
        {
            var left = await _store.FindAsync(Person.Kind, erased.ToString(), default);
            await ChangeAsync(work => work.Erase(erased));
            await WriteAsync(Person.Kind, left!.Body, erased.ToString()); // As a store that was put back to an earlier time has it.
        }

        var page = await Views.QueryAsync(new Bucket(1), new DocumentQuery(Person.Kind, 3), default);

        Assert.Equal([people[1], people[4], people[5]], page.Select(d => Guid.Parse(d.Id)));
    }

    private Views Views => _scope.ServiceProvider.GetRequiredService<Views>();

    private async Task ChangeAsync(Action<UnitOfWork> change)
    {
        await using var scope = _node.Scope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        change(work);
        await work.CommitAsync(default);
    }

    private async Task WriteAsync(string kind, byte[] body, string? id = null) => Assert.IsType<Committed>(await _node.Shard.CommitAsync(
        new Commit
        {
            Id = Id.New(_clock, new Bucket(1)), Bucket = new Bucket(1),
            Documents = [new DocumentWrite(kind, id ?? _stream.Key, new Bucket(1), body, 2)],
        },
        default));

    private async Task AppendAsync(string data)
    {
        var id = Id.New(_clock, new Bucket(1));
        var appended = new Append(
            _stream, 0, [new NewEvent(id, "things.happened.v1", Encoding.UTF8.GetBytes(data), _clock.GetUtcNow(), default)]);
        Assert.IsType<Committed>(
            await _node.Shard.CommitAsync(new Commit { Id = id, Bucket = new Bucket(1), Appends = [appended] }, default));
    }
}
