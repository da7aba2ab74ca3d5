namespace Monolith.Kernel.Tests;

public sealed class CursorsTests : IAsyncLifetime
{
    private readonly TestNode _node = new(new MemoryStore(TimeProvider.System), TimeProvider.System);
    private Cursors _cursors = null!; // Made before each test, when the secret is there.

    public async ValueTask InitializeAsync()
    {
        await _node.Get<Secrets>().OpenAsync(default);
        _cursors = new Cursors(_node.Get<Secrets>());
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public void Lead_through_a_list_page_by_page()
    {
        string[] all = ["a", "b", "c", "d", "e"];
        var seen = new List<string>();
        string? next = null;
        do
        {
            Assert.True(_cursors.Read("list", 2, next).TryGet(out var request, out _));
            var page = _cursors.PageOf(
                "list", request, [.. all.Where(a => string.CompareOrdinal(a, request.After) > 0).Take(request.Limit + 1)], a => a);
            seen.AddRange(page.Items);
            next = page.Next;
        }
        while (next is not null);

        Assert.Equal(all, seen);
    }

    [Fact]
    public void Have_no_next_after_a_full_last_page() =>
        Assert.Null(_cursors.PageOf("list", new PageRequest(2, null), ["a", "b"], a => a).Next);

    [Theory]
    [InlineData(null, 50)]
    [InlineData(1, 1)]
    [InlineData(200, 200)]
    public void Take_a_limit_within_bounds(int? limit, int taken)
    {
        Assert.True(_cursors.Read("list", limit, null).TryGet(out var request, out _));

        Assert.Equal(new PageRequest(taken, null), request);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(201)]
    [InlineData(int.MaxValue)]
    public void Refuse_a_limit_out_of_bounds(int limit) => IsRefused(_cursors.Read("list", limit, null));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("YQ")]
    [InlineData("YQ.")]
    [InlineData("YQ.AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("not base64!.x")]
    [InlineData("_w.AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("ä.ö")]
    public void Refuse_what_is_not_ours(string cursor) => IsRefused(_cursors.Read("list", 10, cursor));

    [Fact]
    public void Refuse_a_cursor_that_was_pointed_elsewhere_or_is_of_another_list()
    {
        var cursor = _cursors.PageOf("list", new PageRequest(1, null), ["a", "b"], a => a).Next!; // There is one item more.

        IsRefused(_cursors.Read("another list", 10, cursor));
        IsRefused(_cursors.Read("list", 10, "Yg" + cursor[2..]));
        IsRefused(_cursors.Read("list", 10, cursor + " "));
    }

    private static void IsRefused(Result<PageRequest> result)
    {
        Assert.False(result.TryGet(out _, out var error));
        Assert.Equal("malformed", error.Code);
    }
}
