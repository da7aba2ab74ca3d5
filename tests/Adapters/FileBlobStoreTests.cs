using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using Monolith.Adapters.Embedded;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests;

public sealed class FileBlobStoreTests : BlobStoreContract
{
    private readonly string _directory = Directory.CreateTempSubdirectory("monolith-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Root => Path.Combine(_directory, "data", "blobs");

    protected override ValueTask<IBlobStore> StartAsync() => ValueTask.FromResult<IBlobStore>(new FileBlobStore(Root));

    protected override ValueTask StopAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Still_has_after_a_restart_what_was_put_before()
    {
        await new FileBlobStore(Root).PutAsync("k", new MemoryStream([1, 2]), Cancellation);

        await using var blob = await new FileBlobStore(Root).OpenAsync("k", Cancellation);

        Assert.Equal(2, blob!.Length);
    }

    [Fact]
    public async Task Removes_at_its_start_what_a_killed_process_left_behind()
    {
        await new FileBlobStore(Root).PutAsync("k", Stream.Null, Cancellation);
        await File.WriteAllTextAsync(Path.Combine(Root, ".partial", "left.over"), "half a blo", Cancellation);

        await new FileBlobStore(Root).OpenAsync("k", Cancellation);

        Assert.Empty(Directory.GetFiles(Path.Combine(Root, ".partial")));
    }

    [Fact]
    public async Task Leaves_alone_what_a_living_process_is_writing()
    {
        var content = new System.IO.Pipelines.Pipe();
        var putting = new FileBlobStore(Root).PutAsync("k", content.Reader.AsStream(), Cancellation);
        await content.Writer.WriteAsync(Encoding.ASCII.GetBytes("first"), Cancellation);

        await new FileBlobStore(Root).OpenAsync("other", Cancellation);
        await content.Writer.CompleteAsync();

        Assert.Equal(5, await putting);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Keeps_files_for_the_owner_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes");
        await new FileBlobStore(Root).PutAsync("k", Stream.Null, Cancellation);

        var file = Assert.Single(Directory.GetFiles(Root, "k", SearchOption.AllDirectories));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.All([Root, Path.GetDirectoryName(file)!], d => Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(d)));
    }

    [Fact]
    public async Task Says_so_while_its_place_cannot_be_reached_and_works_once_it_can()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "data"), "in the way", Cancellation);
        var blobs = new FileBlobStore(Root);

        var put = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await blobs.PutAsync("k", Stream.Null, Cancellation));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await blobs.OpenAsync("k", Cancellation));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await blobs.DeleteAsync("k", Cancellation));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await blobs.ListAsync("", Cancellation).ToListAsync(Cancellation));
        File.Delete(Path.Combine(_directory, "data"));
        await blobs.PutAsync("k", Stream.Null, Cancellation);

        Assert.False(put.IsFull);
        Assert.NotNull(await blobs.OpenAsync("k", Cancellation));
    }

    [Fact]
    public async Task Does_not_take_a_place_that_vanished_for_one_without_blobs()
    {
        var blobs = new FileBlobStore(Root);
        await blobs.PutAsync("k", Stream.Null, Cancellation);
        Directory.Delete(Root, recursive: true);

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await blobs.OpenAsync("k", Cancellation));
    }

    [Fact]
    public async Task Says_that_the_disk_is_full_and_leaves_no_trace()
    {
        Directory.CreateDirectory(Root);
        var isMounted = OperatingSystem.IsLinux() && await RunAsync("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", Root);
        Assert.SkipUnless(isMounted, "may not mount a small disk here");
        try
        {
            var blobs = new FileBlobStore(Root);
            await blobs.PutAsync("small", new MemoryStream(new byte[1000]), Cancellation);

            var put = await Assert.ThrowsAsync<StoreUnavailableException>(
                async () => await blobs.PutAsync("large", new MemoryStream(new byte[2_000_000]), Cancellation));

            Assert.True(put.IsFull);
            Assert.Equal(["small"], await blobs.ListAsync("", Cancellation).ToListAsync(Cancellation));
            Assert.Empty(Directory.GetFiles(Path.Combine(Root, ".partial")));
            await blobs.PutAsync("small", new MemoryStream(new byte[2000]), Cancellation);
        }
        finally
        {
            Assert.True(await RunAsync("umount", Root));
        }
    }

    private static async Task<bool> RunAsync(string command, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(command, arguments) { RedirectStandardError = true };
            using var process = Process.Start(start)!; // Null only with UseShellExecute.
            await process.WaitForExitAsync(Cancellation);
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
