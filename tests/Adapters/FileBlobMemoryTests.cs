using Monolith.Adapters.Embedded;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests;

[Collection(nameof(Alone))]
public sealed class FileBlobMemoryTests : BlobMemoryContract, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("monolith-").FullName;

    protected override ValueTask<IBlobStore> StartAsync() => ValueTask.FromResult<IBlobStore>(new FileBlobStore(_directory));

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
