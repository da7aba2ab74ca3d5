using System.Diagnostics;

namespace Monolith.Benchmarks;

/// <summary>
/// A folder for a measurement, gone afterwards. In the repository and not where temporary files lie: that may be memory, and syncs would
/// cost nothing.
/// </summary>
internal sealed class Scratch : IDisposable
{
    private static readonly string _all = Path.Combine(Repository.Root, "artifacts", "bench");

    private static int _last;

    public Scratch()
    {
        Folder = Path.Combine(_all, $"{Environment.ProcessId}-{Interlocked.Increment(ref _last)}");
        Directory.CreateDirectory(Folder);
    }

    public string Folder { get; }

    /// <summary>Removes what a run that was killed left behind.</summary>
    public static void Sweep()
    {
        var running = Process.GetProcesses().Select(p => $"{p.Id}").ToHashSet();
        foreach (var folder in Directory.Exists(_all) ? Directory.GetDirectories(_all) : [])
        {
            if (!running.Contains(Path.GetFileName(folder).Split('-')[0]))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
