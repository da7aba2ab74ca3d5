using System.Text;

namespace Monolith.Adapters.Tests.Suites;

/// <summary>What every blob store promises. An adapter is tested by deriving from this, in one short file.</summary>
public abstract class BlobStoreContract : IAsyncLifetime
{
    private IBlobStore Blobs { get; set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts an empty store.</summary>
    protected abstract ValueTask<IBlobStore> StartAsync();

    /// <summary>Put clean-up here. The lifetime methods are not virtual, so an adapter cannot hide them by mistake.</summary>
    protected virtual ValueTask StopAsync() => ValueTask.CompletedTask;

    async ValueTask IAsyncLifetime.InitializeAsync() => Blobs = await StartAsync();

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Reads_back_what_was_put()
    {
        var length = await PutAsync("photos/3f/a-b_c.jpg", "grüße");

        Assert.Equal(7, length);
        Assert.Equal("grüße", await ReadAsync("photos/3f/a-b_c.jpg"));
    }

    [Fact]
    public async Task Finds_nothing_that_was_never_put() => Assert.Null(await Blobs.OpenAsync("none", Cancellation));

    [Fact]
    public async Task Keeps_an_empty_blob_apart_from_none()
    {
        Assert.Equal(0, await PutAsync("empty", ""));

        Assert.Equal("", await ReadAsync("empty"));
    }

    [Fact]
    public async Task Replaces_a_blob_of_the_same_key()
    {
        await PutAsync("k", "a long one");
        await PutAsync("k", "short");

        Assert.Equal("short", await ReadAsync("k"));
        Assert.Equal(["k"], await ListAsync(""));
    }

    [Fact]
    public async Task Can_be_read_from_the_middle()
    {
        await PutAsync("k", "0123456789");

        await using var blob = await Blobs.OpenAsync("k", Cancellation);
        blob!.Seek(4, SeekOrigin.Begin);

        Assert.Equal(10, blob.Length);
        Assert.Equal("456789", await new StreamReader(blob).ReadToEndAsync(Cancellation));
    }

    [Fact]
    public async Task Deletes_a_blob_and_does_not_mind_when_there_is_none()
    {
        await PutAsync("k", "a");

        await Blobs.DeleteAsync("k", Cancellation);
        await Blobs.DeleteAsync("k", Cancellation);

        Assert.Null(await Blobs.OpenAsync("k", Cancellation));
        Assert.Empty(await ListAsync(""));
    }

    [Fact]
    public async Task Keeps_keys_apart_that_look_like_a_file_and_its_directory()
    {
        string[] keys = ["a", "a/b", "a/b/c", "a-b", "a.b", ".a", "a..b", "..."];
        foreach (var key in keys)
        {
            await PutAsync(key, key);
        }

        await Blobs.DeleteAsync("a/b", Cancellation);

        Assert.Equal(keys.Except(["a/b"]).Order(StringComparer.Ordinal), await ListAsync(""));
        Assert.Equal("a/b/c", await ReadAsync("a/b/c"));
    }

    [Fact]
    public async Task Lists_keys_by_their_beginning()
    {
        foreach (var key in new[] { "a/1", "a/2", "a.", "ab", "b" })
        {
            await PutAsync(key, "");
        }

        Assert.Equal(["a/1", "a/2"], await ListAsync("a/"));
        Assert.Equal(["a."], await ListAsync("a."));
        Assert.Equal(["a.", "a/1", "a/2", "ab"], await ListAsync("a"));
        Assert.Empty(await ListAsync("a+"));
        Assert.Empty(await ListAsync("../"));
        Assert.Empty(await ListAsync("*"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../a")]
    [InlineData("a/../../b")]
    [InlineData("a/./b")]
    [InlineData("A")]
    [InlineData("ä")]
    [InlineData("a b")]
    [InlineData("a+b")]
    [InlineData("a\\b")]
    [InlineData("a\0b")]
    [InlineData("a%2e")]
    public async Task Refuses_a_key_of_another_form(string key)
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => PutAsync(key, "a"));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Blobs.OpenAsync(key, Cancellation));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Blobs.DeleteAsync(key, Cancellation));
    }

    [Fact]
    public async Task Takes_keys_of_200_characters_and_refuses_longer_ones()
    {
        var key = string.Join('/', Enumerable.Repeat("123456789", 20));
        await PutAsync(key + "x", "a");

        Assert.Equal("a", await ReadAsync(key + "x"));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => PutAsync(key + "xy", "a"));
    }

    [Fact]
    public async Task Leaves_no_trace_when_the_content_fails_and_lets_its_exception_through()
    {
        await PutAsync("kept", "former");
        using var content = new FilledStream(300_000, atEnd: _ => throw new IOException("the client went away"));

        var first = await Assert.ThrowsAsync<IOException>(async () => await Blobs.PutAsync("new", content, Cancellation));
        content.Position = 0;
        await Assert.ThrowsAsync<IOException>(async () => await Blobs.PutAsync("kept", content, Cancellation));

        Assert.Equal("the client went away", first.Message);
        Assert.Equal("former", await ReadAsync("kept"));
        Assert.Equal(["kept"], await ListAsync(""));
    }

    [Fact]
    public async Task Leaves_no_trace_when_it_is_cancelled()
    {
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var content = new FilledStream(300_000, atEnd: _ => cancelled.CancelAsync());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Blobs.PutAsync("k", content, cancelled.Token));

        Assert.Empty(await ListAsync(""));
    }

    [Fact]
    public async Task Shows_nothing_of_a_blob_before_it_is_whole()
    {
        await PutAsync("k", "former");
        using var content = new FilledStream(300_000, atEnd: async _ =>
        {
            Assert.Equal("former", await ReadAsync("k"));
            Assert.Equal(["k"], await ListAsync(""));
        });

        await Blobs.PutAsync("k", content, Cancellation);

        Assert.Equal(300_000, (await ReadAsync("k"))!.Length);
    }

    [Fact]
    public async Task Lets_an_open_blob_be_read_to_its_end_whatever_happens_to_it()
    {
        await PutAsync("replaced", "former");
        await PutAsync("deleted", "former");
        await using var replaced = await Blobs.OpenAsync("replaced", Cancellation);
        await using var deleted = await Blobs.OpenAsync("deleted", Cancellation);

        await PutAsync("replaced", "new");
        await Blobs.DeleteAsync("deleted", Cancellation);

        Assert.Equal("former", await new StreamReader(replaced!).ReadToEndAsync(Cancellation));
        Assert.Equal("former", await new StreamReader(deleted!).ReadToEndAsync(Cancellation));
    }

    [Fact]
    public async Task Shows_whole_blobs_only_while_many_write_the_same_key()
    {
        await PutAsync("k", new string('a', 200_000));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(
            async () =>
            {
                for (var round = 0; round < 5; round++)
                {
                    await PutAsync("k", new string((char)('a' + i), 200_000));
                    var read = await ReadAsync("k");
                    Assert.Equal(new string(read![0], 200_000), read);
                }
            },
            Cancellation)));

        Assert.Equal(["k"], await ListAsync(""));
    }

    private async Task<long> PutAsync(string key, string content) =>
        await Blobs.PutAsync(key, new MemoryStream(Encoding.UTF8.GetBytes(content)), Cancellation);

    private async Task<string?> ReadAsync(string key)
    {
        await using var blob = await Blobs.OpenAsync(key, Cancellation);
        return blob is null ? null : await new StreamReader(blob).ReadToEndAsync(Cancellation);
    }

    private async Task<List<string>> ListAsync(string prefix) =>
        [.. (await Blobs.ListAsync(prefix, Cancellation).ToListAsync(Cancellation)).Order(StringComparer.Ordinal)];
}
