using Monolith.Adapters.Embedded;

namespace Monolith.Adapters.Tests;

/// <summary>Some of the disk stays free: writing stops before reading has to.</summary>
public sealed class DiskSpaceTests : IDisposable
{
    private const long Exabyte = 1L << 60;

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Has_room_while_more_is_free_than_the_reserve()
    {
        var disk = new DiskSpace(Path.Combine(_folder, "not", "there", "yet"), reserve: 0);

        disk.RequireRoom();

        Assert.Equal((false, 0), (disk.Look().IsLow, disk.Look().ReserveBytes));
        Assert.InRange(disk.Look().FreeBytes, 1, Exabyte);
    }

    [Fact]
    public void Refuses_to_write_where_less_is_free()
    {
        var disk = new DiskSpace(_folder, Exabyte);

        var refused = Assert.Throws<StoreUnavailableException>(disk.RequireRoom);

        Assert.True(refused.IsFull);
        Assert.Contains(_folder, refused.Message, StringComparison.Ordinal);
        Assert.True(disk.Look().IsLow);
    }

    [Fact]
    public void Writes_to_a_place_that_cannot_be_measured()
    {
        var disk = new DiskSpace("", Exabyte);

        disk.RequireRoom();

        Assert.Equal(long.MaxValue, disk.Look().FreeBytes);
    }

    [Fact]
    public async Task Takes_no_file_and_no_more_of_a_large_one_and_leaves_nothing_of_it()
    {
        var blobs = new FileBlobStore(_folder, new DiskSpace(_folder, Exabyte));

        await Assert.ThrowsAsync<StoreUnavailableException>(
            () => blobs.PutAsync("k", new MemoryStream([1]), TestContext.Current.CancellationToken).AsTask());

        Assert.Null(await blobs.OpenAsync("k", TestContext.Current.CancellationToken));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, ".partial")));
    }
}
