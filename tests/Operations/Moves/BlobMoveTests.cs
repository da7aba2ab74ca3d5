using System.Collections.Concurrent;
using System.Text;
using Monolith.Adapters.Embedded;
using Monolith.Operations.Moves;

namespace Monolith.Operations.Tests.Moves;

/// <summary>A second place is made to hold the blobs of the first, whatever happens meanwhile.</summary>
public sealed class BlobMoveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;
    private readonly FakeClock _clock = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<string> _told = new();

    private FileBlobStore Source => new(Path.Combine(_folder, "source"));

    private FileBlobStore Target => new(Path.Combine(_folder, "target"));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _stopping.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Copies_what_is_missing_or_otherwise_and_removes_what_is_not_in_the_source()
    {
        await PutAsync(Source, "same", "1");
        await PutAsync(Source, "otherwise", "new");
        await PutAsync(Source, "missing", "2");
        await PutAsync(Target, "same", "1");
        await PutAsync(Target, "otherwise", "old");
        await PutAsync(Target, "surplus", "3");

        await using (Run(Move(new MovingBlobs(Source))))
        {
            await CompleteAsync();
        }

        Assert.Equal(await AllAsync(Source), await AllAsync(Target));
        Assert.Equal("Copying blobs to there, where 3 are already", _told.First());
        Assert.Contains(
            "All 4 blobs are in there, 2 of them copied now (4 bytes), each compared. ", _told.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Follows_what_comes_and_goes_until_it_is_stopped()
    {
        var blobs = new MovingBlobs(Source);
        await PutAsync(blobs, "a", "1");
        var move = Move(blobs);
        await using (Run(move))
        {
            await CompleteAsync();
            await PutAsync(blobs, "b", "1");
            await PutAsync(blobs, "a", "2");
            await Eventually.IsSoAsync(async () => (await AllAsync(Target)).SequenceEqual(["a 2", "b 1"]));
            await blobs.DeleteAsync("b", Cancelled);
            await Eventually.IsSoAsync(async () => (await AllAsync(Target)).SequenceEqual(["a 2"]));
        }

        await blobs.DeleteAsync("a", Cancelled); // in the last moments of the server
        await move.CatchUpAsync(Cancelled);
        Assert.Empty(await AllAsync(Target));
    }

    [Fact]
    public async Task Waits_for_a_target_that_is_unavailable_and_says_so_once()
    {
        await PutAsync(Source, "a", "1");
        var outages = 3;
        var target = new TroubledBlobs(Target, (_, _) =>
        {
            if (Interlocked.Decrement(ref outages) >= 0)
            {
                throw new StoreUnavailableException("The bucket is not available.", isFull: false, null);
            }
        });
        var move = Move(new MovingBlobs(Source), target);

        await using (Run(move))
        {
            await _clock.UntilAsync(() => Task.FromResult(move.IsComplete));
        }

        Assert.Single(_told, line => line == "Waiting: The bucket is not available.");
        Assert.Equal(await AllAsync(Source), await AllAsync(Target));
    }

    [Fact]
    public async Task Breaks_off_where_a_blob_cannot_be_read()
    {
        await PutAsync(Source, "a", "1");
        var source = new TroubledBlobs(Source, (_, _) => throw new IOException("Input/output error"));

        var refused = await Assert.ThrowsAsync<MoveException>(() => Move(new MovingBlobs(source)).RunAsync(_stopping.Token));

        Assert.Equal("blob a cannot be copied: Input/output error", refused.Message);
    }

    [Fact]
    public async Task Breaks_off_where_the_target_never_holds_what_it_was_given()
    {
        await PutAsync(Source, "a", "1");
        var target = new TroubledBlobs(Target, (method, key) =>
        {
            if (method == nameof(IBlobStore.OpenAsync))
            {
                PutAsync(Target, key, "another program's").GetAwaiter().GetResult();
            }
        });

        var refused = await Assert.ThrowsAsync<MoveException>(() => Move(new MovingBlobs(Source), target).RunAsync(_stopping.Token));

        Assert.Equal("blob a is not the same in there; does another program write there?", refused.Message);
    }

    [Fact]
    public async Task Tells_every_five_seconds_how_far_it_is()
    {
        for (var i = 0; i < 30; i++)
        {
            await PutAsync(Source, $"{i}", "1");
        }

        var source = new TroubledBlobs(Source, (_, _) => _clock.Advance(TimeSpan.FromSeconds(1)));
        await using (Run(Move(new MovingBlobs(source))))
        {
            await CompleteAsync();
        }

        Assert.Contains(_told, line => line.Contains(" blobs so far, ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Notes_the_key_of_what_failed_because_it_may_be_there()
    {
        var blobs = new MovingBlobs(new TroubledBlobs(Source, (_, _) => throw new StoreUnavailableException("full", isFull: true, null)));
        var changed = blobs.Changed.Next;

        await Assert.ThrowsAsync<StoreUnavailableException>(() => PutAsync(blobs, "a", "1"));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await blobs.DeleteAsync("b", Cancelled));

        Assert.True(changed.IsCompleted);
        Assert.True(blobs.TryTake(out var first) && first == "a");
        Assert.True(blobs.TryTake(out var second) && second == "b");
        Assert.False(blobs.TryTake(out _));
    }

    private static async Task PutAsync(IBlobStore blobs, string key, string text) =>
        await blobs.PutAsync(key, new MemoryStream(Encoding.UTF8.GetBytes(text)), Cancelled);

    private static async Task<IReadOnlyList<string>> AllAsync(FileBlobStore blobs)
    {
        var all = new List<string>();
        await foreach (var key in blobs.ListAsync("", Cancelled))
        {
            if (await blobs.OpenAsync(key, Cancelled) is { } content)
            {
                using var reader = new StreamReader(content);
                all.Add($"{key} {await reader.ReadToEndAsync(Cancelled)}");
            }
        }

        return [.. all.Order(StringComparer.Ordinal)];
    }

    private BlobMove Move(MovingBlobs blobs, IBlobStore? target = null) => new(blobs, target ?? Target, "there", _clock, _told.Enqueue);

    private Task CompleteAsync() =>
        Eventually.IsSoAsync(() => _told.Any(line => line.StartsWith("All ", StringComparison.Ordinal)), () => string.Join('\n', _told));

    private Running Run(BlobMove move) => new(move.RunAsync(_stopping.Token), _stopping);

    /// <summary>A move under way, stopped as a server stops it.</summary>
    private sealed class Running(Task move, CancellationTokenSource stopping) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await stopping.CancelAsync();
            try
            {
                await move;
            }
            catch (OperationCanceledException)
            {
                // That is how it ends, unless it had something to do at this moment.
            }
        }
    }
}
