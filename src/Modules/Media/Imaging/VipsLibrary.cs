using System.Reflection;
using System.Runtime.InteropServices;

namespace Monolith.Media.Imaging;

/// <summary>Finds libvips on this machine and starts it once, shut against everything but the three formats.</summary>
internal static class VipsLibrary
{
    /// <summary>Names another file of libvips, for a newer build than the system's.</summary>
    public const string Variable = "MONOLITH_LIBVIPS";

    private const string Advice = "install it with 'apt install libvips42', or point " + Variable + " to its file";

    private const string LinuxName = "libvips.so.42";

    // What the loader of Linux searches, made when libraries are installed.
    private const string LoaderCache = "/etc/ld.so.cache";

    private static readonly Lazy<string?> _start = new(StartOrExplain);

    private static readonly Lazy<bool> _found = new(IsInLoaderCache);

    private static nint _vips;

    /// <summary>Why there is no libvips here, in one line; null when it runs. The first call starts it.</summary>
    public static string? Problem => _start.Value;

    /// <summary>
    /// Whether it runs, or will when it is first needed. Until then it is only looked for: with all it depends on it takes 17 MB.
    /// </summary>
    public static bool IsAvailable => _start.IsValueCreated || !_found.Value ? Problem is null : true;

    /// <exception cref="DllNotFoundException">No such library; the message says what to install.</exception>
    public static nint Load(string? chosen)
    {
        var names = string.IsNullOrEmpty(chosen) ? Names() : [chosen];
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var handle))
            {
                return handle;
            }
        }

        throw new DllNotFoundException($"Images need libvips 8.13 or newer, and {string.Join(", ", names)} cannot be loaded: {Advice}.");
    }

    private static string[] Names() =>
        OperatingSystem.IsWindows() ? ["libvips-42.dll"]
        : OperatingSystem.IsMacOS() ? ["libvips.42.dylib", "/opt/homebrew/lib/libvips.42.dylib", "/usr/local/lib/libvips.42.dylib"]
        : [LinuxName];

    private static bool IsInLoaderCache() =>
        OperatingSystem.IsLinux() && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)) && File.Exists(LoaderCache)
        && File.ReadAllBytes(LoaderCache).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(LinuxName)) >= 0;

    private static string? StartOrExplain()
    {
        try
        {
            _vips = Load(Environment.GetEnvironmentVariable(Variable));
        }
        catch (DllNotFoundException e)
        {
            return e.Message;
        }

        // The switches that shut out untrusted loaders came with 8.13; without them we do not start.
        if (!NativeLibrary.TryGetExport(_vips, nameof(VipsNative.vips_operation_block_set), out _))
        {
            return $"Images need libvips 8.13 or newer, and the one found is older: {Advice}.";
        }

        NativeLibrary.SetDllImportResolver(typeof(VipsLibrary).Assembly, Resolve);

        // By GLib, because Environment.SetEnvironmentVariable does not reach getenv on Linux. Any value silences g_warning,
        // which would print the whole error buffer, with texts from hostile files, to our log.
        VipsNative.g_setenv("VIPS_WARNING", "0", overwrite: 1);

        // libvips loads its modules (ImageMagick, PDF, slides) from below this folder: there are none, so none of their code is even in the
        // process.
        VipsNative.g_setenv("VIPSHOME", "/no-modules", overwrite: 1);
        if (VipsNative.vips_init("monolith") != 0)
        {
            return $"libvips does not start: {VipsException.TakeText()}";
        }

        Shut();
        return null;
    }

    private static void Shut()
    {
        // A cached operation would keep pointers into arrays that are no longer pinned.
        VipsNative.vips_cache_set_max(0);

        // One thread a job: the engine runs as many jobs as there are cores, so more would only contend.
        VipsNative.vips_concurrency_set(1);

        VipsNative.vips_block_untrusted_set(1);
        VipsNative.vips_operation_block_set("VipsForeignLoad", 1);

        // The buffer loaders only: libvips can open no file by its name, whatever an image asks for.
        foreach (var format in Enum.GetNames<ImageFormat>())
        {
            VipsNative.vips_operation_block_set($"VipsForeignLoad{format}Buffer", 0);
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name switch
    {
        VipsNative.Vips => _vips,

        // On Linux and macOS a handle also finds the symbols of what it depends on, and some builds contain GLib: one library is all.
        VipsNative.GObject =>
            NativeLibrary.TryGetExport(_vips, "g_object_unref", out _) ? _vips : NativeLibrary.Load("libgobject-2.0-0.dll"),
        VipsNative.GLib => NativeLibrary.TryGetExport(_vips, "g_free", out _) ? _vips : NativeLibrary.Load("libglib-2.0-0.dll"),
        _ => 0,
    };
}
