namespace Monolith.Adapters.Embedded;

/// <summary>Makes room for the database file and keeps it for this process.</summary>
internal static class SqliteFile
{
    private const UnixFileMode Ours = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes what is missing, readable by its owner alone, and takes the lock beside it.</summary>
    /// <returns>Holds the lock until it is disposed of or the process ends.</returns>
    /// <exception cref="StoreInUseException">Another process holds the lock.</exception>
    /// <exception cref="StoreUnavailableException">The place cannot be written.</exception>
    /// <exception cref="ConfigurationException">A restore was broken off here.</exception>
    public static FileStream Lock(string path, bool isRestoring = false)
    {
        if (!isRestoring && Directory.Exists(StagingOf(path)) && !SqliteCopy.Exists(path))
        {
            throw new ConfigurationException([
                $"{path} was being restored, and that was broken off; restore it again, or delete {StagingOf(path)} to begin with "
                    + $"nothing."]);
        }

        try
        {
            MakeDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!); // The full path of a file lies in a directory.
            var held = Open($"{path}.lock", FileShare.None);

            // Made here and not by SQLite, which would ask the umask; its -wal and -shm files take over these rights.
            Make(path);
            return held;
        }
        catch (IOException e) when (IsHeld(e))
        {
            throw new StoreInUseException(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"{path} cannot be made or written: {e.Message}", isFull: false, e);
        }
    }

    /// <summary>
    /// Where a store is put together before it is put in place. The store comes last, so one without the other is half a deployment.
    /// </summary>
    public static string StagingOf(string path) => $"{path}.restoring";

    /// <summary>Makes the file where it is missing, readable by its owner alone.</summary>
    public static void Make(string path) => Open(path, FileShare.ReadWrite).Dispose();

    private static void MakeDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, Ours | UnixFileMode.UserExecute);
        }
    }

    private static FileStream Open(string path, FileShare share)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Ours;
        }

        return new FileStream(path, options);
    }

    // EWOULDBLOCK on Linux, the same on macOS, ERROR_SHARING_VIOLATION on Windows; .NET has no exception of its own for it.
    private static bool IsHeld(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);
}
