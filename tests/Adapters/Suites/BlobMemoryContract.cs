namespace Monolith.Adapters.Tests.Suites;

/// <summary>
/// What every blob store promises about memory. What is allocated is counted for the whole process, so nothing may run beside it.
/// </summary>
public abstract class BlobMemoryContract
{
    /// <summary>Starts an empty store.</summary>
    protected abstract ValueTask<IBlobStore> StartAsync();

    [Fact]
    public async Task Streams_what_would_not_fit_into_memory()
    {
        const int Length = 100 << 20;
        var cancellation = TestContext.Current.CancellationToken;
        var blobs = await StartAsync();
        var before = GC.GetTotalAllocatedBytes();
        using var content = new FilledStream(Length, atEnd: _ => Task.CompletedTask);

        Assert.Equal(Length, await blobs.PutAsync("large", content, cancellation));
        await using var blob = await blobs.OpenAsync("large", cancellation);
        await blob!.CopyToAsync(Stream.Null, cancellation);

        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, Length / 2);
    }
}

/// <summary>Tests that run when no other does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
