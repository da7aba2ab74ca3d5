using NetVips;

namespace Monolith.Media.Imaging;

/// <summary>
/// Starts libvips once, shut against everything but the three formats. Loaded with the first method that mentions the package, so nothing
/// outside of the work on images does.
/// </summary>
internal static class Libvips
{
    private static readonly Lazy<string?> _start = new(StartOrExplain);

    private static readonly Lazy<bool> _found = new(IsBesideTheProgram);

    /// <summary>Why there is no libvips here, in one line; null when it runs. The first call starts it.</summary>
    public static string? Problem => _start.Value;

    /// <summary>Whether it runs, or will when it is first needed. Until then its file is only looked for: loaded it takes memory.</summary>
    public static bool IsAvailable => _start.IsValueCreated || !_found.Value ? Problem is null : true;

    private static string FileName =>
        OperatingSystem.IsWindows() ? "libvips-42.dll" : OperatingSystem.IsMacOS() ? "libvips.42.dylib" : "libvips.so.42";

    private static bool IsBesideTheProgram() =>
        AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is string directories
        && directories.Split(Path.PathSeparator).Any(directory => File.Exists(Path.Combine(directory, FileName)));

    private static string? StartOrExplain()
    {
        // The package starts libvips before its first method runs, and keeps what went wrong.
        if (!ModuleInitializer.VipsInitialized)
        {
            var reason = ModuleInitializer.Exception?.Message.ReplaceLineEndings("; ");
            return $"Images need libvips, and {FileName} cannot be loaded: the packages bring none for this platform ({reason}).";
        }

        Shut();
        return null;
    }

    private static void Shut()
    {
        // Warnings go to standard error otherwise, with texts from hostile files.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, static (_, _, _) => { });

        // What an image leaves behind ends with it.
        Cache.Max = 0;

        // One thread a job: the engine runs as many jobs as there are cores, so more would only contend.
        NetVips.NetVips.Concurrency = 1;

        NetVips.NetVips.BlockUntrusted = true;
        Operation.Block("VipsForeignLoad", true);

        // The buffer loaders only: libvips can open no file by its name, whatever an image asks for.
        foreach (var format in Enum.GetNames<ImageFormat>())
        {
            Operation.Block($"VipsForeignLoad{format}Buffer", false);
        }
    }
}
