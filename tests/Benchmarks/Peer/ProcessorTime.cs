using System.Globalization;

namespace Monolith.Benchmarks.Peer;

/// <summary>How much processor time was used up to a moment.</summary>
/// <param name="Process">By a process, µs.</param>
/// <param name="Machine">By everything, µs; null where the system does not say.</param>
internal sealed record ProcessorTime(double Process, double? Machine)
{
    private const string File = "/proc/stat";

    // Ticks of a hundredth of a second, on every platform that has this file.
    private const double Tick = 10_000;

    public static ProcessorTime Of(int processId)
    {
        using var process = System.Diagnostics.Process.GetProcessById(processId);
        return new ProcessorTime(process.TotalProcessorTime.TotalMicroseconds, OfMachine());
    }

    // The line of all processors: user, nice, system, idle, iowait, irq, softirq, and what counts for another machine or twice.
    private static double? OfMachine() => !System.IO.File.Exists(File) ? null
        : System.IO.File.ReadLines(File).First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..8].Index()
            .Where(t => t.Index is not (3 or 4)).Sum(t => double.Parse(t.Item, CultureInfo.InvariantCulture)) * Tick;
}
