using Monolith.Adapters.S3;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests.S3;

[Collection(nameof(Alone))]
public sealed class S3BlobMemoryTests : BlobMemoryContract, IDisposable
{
    private S3Bucket? _bucket;
    private S3BlobStore? _blobs;

    protected override async ValueTask<IBlobStore> StartAsync()
    {
        var server = await CephFixture.ServerAsync();
        _bucket = S3BlobStoreTests.Bucket(server.Url(await server.CreateBucketAsync()));
        return _blobs = new S3BlobStore(_bucket);
    }

    public void Dispose()
    {
        _blobs?.Dispose();
        _bucket?.Dispose();
    }
}
