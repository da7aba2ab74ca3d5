using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Monolith.Adapters.S3;
using Monolith.Adapters.Tests.Suites;
using ListMultipartUploadsRequest = Amazon.S3.Model.ListMultipartUploadsRequest;

namespace Monolith.Adapters.Tests.S3;

/// <summary>Blobs in a bucket of a real object store.</summary>
public sealed class S3BlobStoreTests : BlobStoreContract
{
    private readonly List<IDisposable> _opened = [];
    private CephTestServer _server = null!; // Set before each test.
    private string _bucket = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected override async ValueTask<IBlobStore> StartAsync()
    {
        _server = await CephFixture.ServerAsync();
        _bucket = await _server.CreateBucketAsync();
        return Open();
    }

    protected override ValueTask StopAsync()
    {
        _opened.ForEach(o => o.Dispose());
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(S3Settings.SmallestPart - 1)]
    [InlineData(S3Settings.SmallestPart)]
    [InlineData(S3Settings.SmallestPart + 1)]
    [InlineData((2 * S3Settings.SmallestPart) + 12_345)]
    public async Task Stores_the_same_bytes_in_one_part_and_in_several(int length)
    {
        var (blobs, bytes) = (Open(), RandomNumberGenerator.GetBytes(length));

        Assert.Equal(length, await blobs.PutAsync("k", new MemoryStream(bytes), Cancellation));

        await using var blob = await blobs.OpenAsync("k", Cancellation);
        Assert.Equal(SHA256.HashData(bytes), await SHA256.HashDataAsync(blob!, Cancellation));
    }

    [Fact]
    public async Task Leaves_no_parts_behind_when_the_content_fails()
    {
        var content = new System.IO.Pipelines.Pipe();
        var putting = Open().PutAsync("k", content.Reader.AsStream(), Cancellation);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 12; i++)
            {
                await content.Writer.WriteAsync(new byte[1 << 20], Cancellation);
            }

            await content.Writer.CompleteAsync(new IOException("the client went away"));
        });

        Assert.Equal("the client went away", (await Assert.ThrowsAsync<IOException>(async () => await putting)).Message);

        await writing;
        using var client = _server.Client();
        Assert.Empty(
            (
                await client.ListMultipartUploadsAsync(
                    new ListMultipartUploadsRequest { BucketName = _bucket }, Cancellation)).MultipartUploads ?? []);
    }

    [Fact]
    public async Task Reads_ranges_here_and_there_of_a_large_one()
    {
        var (blobs, bytes) = (Open(), RandomNumberGenerator.GetBytes(6 << 20));
        await blobs.PutAsync("k", new MemoryStream(bytes), Cancellation);

        await using var blob = await blobs.OpenAsync("k", Cancellation);
        foreach (var from in (int[])[5_000_000, 17, 6_291_455, 1_000_000])
        {
            blob!.Seek(from, SeekOrigin.Begin);
            var piece = new byte[Math.Min(70_000, bytes.Length - from)];
            await blob.ReadExactlyAsync(piece, Cancellation);
            Assert.Equal(bytes[from..(from + piece.Length)], piece);
        }
    }

    [Fact]
    public async Task Does_not_mix_two_blobs_when_one_is_replaced_while_it_is_read()
    {
        var blobs = Open();
        await blobs.PutAsync("k", new MemoryStream(Encoding.ASCII.GetBytes("0123456789")), Cancellation);
        await using var blob = await blobs.OpenAsync("k", Cancellation);
        await blobs.PutAsync("k", new MemoryStream(Encoding.ASCII.GetBytes("abcdefghij")), Cancellation);

        blob!.Seek(4, SeekOrigin.Begin);

        await Assert.ThrowsAsync<IOException>(async () => await blob.ReadExactlyAsync(new byte[1], Cancellation));
    }

    [Fact]
    public async Task Lists_more_than_one_page()
    {
        var blobs = Open("&prefix=here");
        await Parallel.ForAsync(
            0, 1_050, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation }, async (i, cancellationToken) =>
            await blobs.PutAsync($"many/{i}", Stream.Null, cancellationToken));

        Assert.Equal(
            1_050, (await blobs.ListAsync("many/", Cancellation).ToListAsync(Cancellation)).Distinct(StringComparer.Ordinal).Count());
        Assert.Empty(await Open("&prefix=elsewhere").ListAsync("", Cancellation).ToListAsync(Cancellation));
        Assert.Contains("here/many/7", await Open().ListAsync("here/", Cancellation).ToListAsync(Cancellation));
    }

    [Theory]
    [InlineData("unknown", CephTestServer.Secret, "does not know this access key")]
    [InlineData(CephTestServer.AccessKey, "wrong", "does not accept this secret")]
    [InlineData(CephTestServer.AccessKey, CephTestServer.Secret, "does not exist")]
    public async Task Says_at_the_start_what_no_waiting_will_mend(string accessKey, string secret, string expected)
    {
        var name = expected == "does not exist" ? "no-such-bucket" : _bucket;
        using var bucket = Bucket(_server.Url(name, "", accessKey, secret));

        var fault = await Assert.ThrowsAsync<ConfigurationException>(() => bucket.LookAsync(Cancellation));

        Assert.Contains(
            $"Adapters:Blobs: the bucket {name} at 127.0.0.1:{_server.Port} {expected}", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, fault.Message, StringComparison.Ordinal);
    }

    internal static S3Bucket Bucket(string url)
    {
        var faults = new Faults();
        var settings = S3Settings.Read(AdapterUrl.Parse("Adapters:Blobs", url, faults)!); // Null only without a scheme.
        faults.ThrowIfAny();
        return new S3Bucket(settings, TimeProvider.System, NullLogger<S3Bucket>.Instance);
    }

    private S3BlobStore Open(string more = "")
    {
        var bucket = Bucket(_server.Url(_bucket, more));
        var blobs = new S3BlobStore(bucket);
        _opened.AddRange([blobs, bucket]);
        return blobs;
    }
}
