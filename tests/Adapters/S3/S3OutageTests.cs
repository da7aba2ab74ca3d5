using Monolith.Adapters.S3;

namespace Monolith.Adapters.Tests.S3;

/// <summary>An object store that goes away and comes back. It has a server of its own, because others need theirs meanwhile.</summary>
public sealed class S3OutageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Says_that_it_is_unavailable_and_goes_on_when_it_is_back()
    {
        Assert.SkipWhen(CephTestServer.Missing is not null, CephTestServer.Missing ?? "");
        await using var server = await CephTestServer.StartAsync();
        using var bucket = S3BlobStoreTests.Bucket(server.Url(await server.CreateBucketAsync(), "&timeout=2s"));
        using var blobs = new S3BlobStore(bucket);
        await bucket.LookAsync(Cancellation);
        await bucket.StartAsync(Cancellation);
        await blobs.PutAsync("kept", new MemoryStream([1, 2, 3]), Cancellation);
        Assert.Null(bucket.Fault);

        server.KillGateway();
        await IsUnavailableAsync(blobs, bucket, "Connection refused");
        await server.StartGatewayAsync();
        await IsBackAsync(blobs, bucket);

        server.HangGateway();
        await IsUnavailableAsync(blobs, bucket, "it does not answer in time");
        server.ResumeGateway();
        await IsBackAsync(blobs, bucket);
        await bucket.StopAsync(Cancellation);
    }

    private static async Task IsUnavailableAsync(S3BlobStore blobs, S3Bucket bucket, string why)
    {
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await blobs.PutAsync("new", new MemoryStream([1]), Cancellation));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await blobs.OpenAsync("kept", Cancellation));

        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.Contains(why, bucket.Fault, StringComparison.Ordinal);
    }

    // By itself, without a request for a blob.
    private static async Task IsBackAsync(S3BlobStore blobs, S3Bucket bucket)
    {
        await Eventually.IsSoAsync(() => bucket.Fault is null, () => bucket.Fault);
        await using var kept = await blobs.OpenAsync("kept", Cancellation);
        Assert.Equal(3, kept!.Length);
    }
}
