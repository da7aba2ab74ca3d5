using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Monolith.Benchmarks.Http;

/// <summary>The load generator: wrk, because it takes less of the two processors than anything written here would.</summary>
internal static partial class Wrk
{
    /// <summary>Sends requests for a while, on connections that stay open.</summary>
    /// <param name="address">Of the server.</param>
    /// <param name="connections">How many.</param>
    /// <param name="folder">Where to put the script.</param>
    /// <param name="requests">One a line: method, path, bearer token, body.</param>
    /// <param name="seconds">For how long.</param>
    /// <returns>Requests per second.</returns>
    /// <exception cref="InvalidOperationException">Not every answer was a success.</exception>
    public static async Task<double> RunAsync(string address, int connections, string folder, IEnumerable<string> requests, int seconds = 1)
    {
        var (script, lines) = (Path.Combine(folder, "requests.lua"), Path.Combine(folder, "requests.txt"));
        await File.WriteAllLinesAsync(lines, requests);
        await using (var source = typeof(Wrk).Assembly.GetManifestResourceStream("requests.lua")!) // Embedded by the project file.
        await using (var file = File.Create(script))
        {
            await source.CopyToAsync(file);
        }

        using var wrk = Process.Start(
            new ProcessStartInfo("wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", "-s", script, address, "--", lines])
        {
            RedirectStandardOutput = true,
        })!; // Not by the shell, so it is a new process.
        var output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        return Rate().Match(output) is { Success: true } rate && !output.Contains("Non-2xx", StringComparison.Ordinal)
            && !output.Contains("Socket errors", StringComparison.Ordinal)
            ? double.Parse(rate.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"Not every request was answered well:\n{output}");
    }

    [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
    private static partial Regex Rate();
}
