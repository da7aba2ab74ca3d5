using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Monolith.Adapters.Embedded;

/// <summary>
/// A directory in which every file is whole and on disk, or not there: written aside, forced to disk, renamed into place.
/// </summary>
/// <remarks>Files and directories are for the owner alone. Calls are safe from any thread, and from several processes.</remarks>
internal sealed class DurableDirectory(string root, IReadOnlyList<string> folders, DiskSpace? disk = null)
{
    // Large enough that system calls do not count, small enough for a thousand uploads at once.
    private const int BufferSize = 128 * 1024;

    // A large file, or many at once, must not use up what is kept free either.
    private const int BetweenLooks = 1 << 20;

    private readonly string _partials = Path.Combine(root, ".partial");
    private readonly Lock _lock = new();
    private volatile bool _isReady;

    /// <summary>Tells the path of a file.</summary>
    /// <param name="name">File name, within a folder: <c>folder/file</c>.</param>
    public string PathOf(string name) => Path.Combine(root, name);

    /// <summary>
    /// Writes a file, replacing one of the same name; concurrent writers each write a whole one, and the last rename stays.
    /// </summary>
    /// <returns>How many bytes.</returns>
    public async ValueTask<long> WriteAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        disk?.RequireRoom();
        Prepare();
        var partial = Path.Combine(_partials, Path.GetRandomFileName());
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        var isReading = false;
        try
        {
            await using var file = Create(partial);
            var length = 0L;
            while (true)
            {
                isReading = true;
                var read = await content.ReadAsync(buffer.AsMemory(0, BufferSize), cancellationToken);
                isReading = false;
                if (read == 0)
                {
                    break;
                }

                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                if ((length / BetweenLooks) != ((length += read) / BetweenLooks))
                {
                    disk?.RequireRoom();
                }
            }

            // There is no asynchronous fsync; a thread of the pool would wait for it in any case.
            RandomAccess.FlushToDisk(file.SafeFileHandle);
            cancellationToken.ThrowIfCancellationRequested();

            // Renamed while still open: the lock on it must not end before it has left the place where leftovers are looked for.
            File.Move(partial, PathOf(name), overwrite: true);
            FlushDirectoryOf(name);
            return length;
        }
        catch (Exception e)
        {
            TryDelete(partial);
            if (!isReading && IsFailureOfPlace(e))
            {
                throw Unavailable(e);
            }

            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Deletes a file for good; one that is not there is fine.</summary>
    public void Delete(string name) => Run(() =>
    {
        File.Delete(PathOf(name));
        FlushDirectoryOf(name);
        return true;
    });

    /// <summary>Does something with the directory, once it is there, and tells failures of the place apart from others.</summary>
    /// <exception cref="StoreUnavailableException">The place cannot be reached or is full.</exception>
    public T Run<T>(Func<T> action)
    {
        Prepare();
        try
        {
            return action();
        }
        catch (Exception e) when (IsFailureOfPlace(e))
        {
            throw Unavailable(e);
        }
    }

    // At the first use and not in the constructor, because a place that is not there yet must not keep the process from starting.
    private void Prepare()
    {
        if (_isReady)
        {
            return;
        }

        lock (_lock)
        {
            try
            {
                CreateDurably(root);
                foreach (var folder in folders.Prepend(".partial"))
                {
                    CreateDirectory(Path.Combine(root, folder));
                }

                FlushDirectory(root);
                foreach (var leftover in Directory.GetFiles(_partials))
                {
                    DeleteLeftover(leftover);
                }

                _isReady = true;
            }
            catch (Exception e) when (IsFailureOfPlace(e))
            {
                throw Unavailable(e);
            }
        }
    }

    private static void CreateDurably(string path)
    {
        if (!Directory.Exists(path) && Path.GetDirectoryName(path) is { } parent)
        {
            CreateDurably(parent);
            CreateDirectory(path);
            FlushDirectory(parent);
        }
    }

    private static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static void DeleteLeftover(string path)
    {
        try
        {
            // A writer that lives holds a lock, in whatever process it is; the lock of one that was killed is gone.
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            File.Delete(path);
        }
        catch (IOException)
        {
            // It is being written, or was finished this moment.
        }
    }

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Delete, BufferSize = 0,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (IsFailureOfPlace(e))
        {
            // The next start removes it.
        }
    }

    private void FlushDirectoryOf(string name) => FlushDirectory(Path.GetDirectoryName(PathOf(name)) ?? root);

    // A rename is on disk only when its directory is. .NET refuses to open a directory, so the handle comes from open(2).
    internal static void FlushDirectory(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            using var handle = new SafeFileHandle(Open(Encoding.UTF8.GetBytes(path + '\0'), _closeOnExec), ownsHandle: true);
            if (handle.IsInvalid)
            {
                throw new IOException($"open({path}) failed", Marshal.GetLastPInvokeError());
            }

            RandomAccess.FlushToDisk(handle);
        }
    }

    // O_RDONLY | O_CLOEXEC, the same on x64 and arm64 (fcntl.h of each system).
    private static readonly int _closeOnExec = OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    private static bool IsFailureOfPlace(Exception e) => e is IOException or UnauthorizedAccessException;

    private StoreUnavailableException Unavailable(Exception e)
    {
        // ENOSPC and EDQUOT, which .NET passes on as they are; on Windows ERROR_DISK_FULL.
        var isFull = e.HResult is 28 or 122 or unchecked((int)0x80070070);
        return new StoreUnavailableException($"{root} {(isFull ? "is full" : "cannot be used")}", isFull, e);
    }
}
