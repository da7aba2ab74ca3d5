using System.Diagnostics;

namespace Monolith.EndToEnd.Tests;

/// <summary>A file system of some megabytes, in memory, at a folder. Only root may have one.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    private string Ballast => Path.Combine(_folder, "ballast");

    /// <summary>Makes one; the test is skipped, visibly, where that is not allowed.</summary>
    public static SmallDisk Mount(string folder, int megabytes)
    {
        Directory.CreateDirectory(folder);
        var isMounted = OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", folder);
        Assert.SkipUnless(isMounted, "may not mount a small disk here");
        return new SmallDisk(folder);
    }

    /// <summary>Fills it, as another program would, until so much is left.</summary>
    public void FillUpTo(long left)
    {
        using var file = File.OpenWrite(Ballast);
        file.Position = file.Length;
        var block = new byte[4096];
        try
        {
            while (new DriveInfo(_folder).AvailableFreeSpace > left)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // Full to the last byte.
        }
    }

    public void MakeRoom() => File.Delete(Ballast);

    public void Dispose() => Assert.True(Run("umount", "--lazy", _folder));

    private static bool Run(string command, params string[] arguments)
    {
        // null only with UseShellExecute
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
