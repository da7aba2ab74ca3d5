using System.Runtime.InteropServices;
using SQLitePCL;

namespace Monolith.Adapters.Embedded;

/// <summary>Finds the SQLite that the operating system keeps patched.</summary>
internal static class SqliteLibrary
{
    /// <summary>What to tell the one who starts us on a machine without it.</summary>
    internal const string Missing =
        "SQLite is not installed: install libsqlite3-0 (Debian, Ubuntu), sqlite-libs (Fedora, Alpine) "
        + "or put sqlite3.dll beside the program (Windows).";

    // STRICT tables came with 3.37, the JSON functions for certain with 3.38.
    private const int OldestVersion = 3_038_000;

    // Debian and its kin name the development link without a number, so the numbered name comes first; then macOS; then Windows' own copy.
    private static readonly string[] _names =
        ["libsqlite3.so.0", "libsqlite3.so", "libsqlite3.dylib", "/usr/lib/libsqlite3.dylib", "winsqlite3.dll", "sqlite3.dll"];

    private static readonly Lazy<string?> _fault = new(TryLoad);

    /// <summary>Loads it once for the process.</summary>
    /// <exception cref="ConfigurationException">It is missing or too old.</exception>
    public static void Load()
    {
        if (_fault.Value is { } fault)
        {
            throw new ConfigurationException([fault]);
        }
    }

    private static string? TryLoad()
    {
        var handle = Find(_names);
        if (handle == 0)
        {
            return Missing;
        }

        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, (name, _, _) => name == "e_sqlite3" ? handle : 0);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        return raw.sqlite3_libversion_number() < OldestVersion
            ? $"The installed SQLite is {raw.sqlite3_libversion().utf8_to_string()}; 3.38 or later is needed."
            : null;
    }

    /// <summary>Loads the first that is there; 0 when none is.</summary>
    internal static nint Find(IEnumerable<string> names) =>
        names.Select(name => NativeLibrary.TryLoad(name, out var handle) ? handle : 0).FirstOrDefault(handle => handle != 0);
}
