using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Monolith.Benchmarks.Http;

/// <summary>The load generator: wrk, because it takes less of the two processors than anything written here would.</summary>
internal static partial class Wrk
{
    // A slow answer is one all the same.
    private const int LimitSeconds = 30;

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
        var answers = await MeasureAsync(address, connections, folder, requests, seconds, CancellationToken.None);
        return answers.Refused == 0
            ? answers.Accepted / answers.Seconds
            : throw new InvalidOperationException($"{answers.Refused} of {answers.Refused + answers.Accepted} requests were refused");
    }

    /// <inheritdoc cref="RunAsync" />
    /// <summary>The same where answers may be refusals: they are counted apart.</summary>
    /// <param name="cancellationToken">Ends the load generator.</param>
    /// <returns>What was answered.</returns>
    /// <exception cref="InvalidOperationException">A connection failed.</exception>
    public static async Task<Answers> MeasureAsync(
        string address, int connections, string folder, IEnumerable<string> requests, int seconds, CancellationToken cancellationToken)
    {
        var (script, lines) = (Path.Combine(folder, "requests.lua"), Path.Combine(folder, "requests.txt"));
        await File.WriteAllLinesAsync(lines, requests, cancellationToken);
        await using (var source = typeof(Wrk).Assembly.GetManifestResourceStream("requests.lua")!) // Embedded by the project file.
        await using (var file = File.Create(script))
        {
            await source.CopyToAsync(file, cancellationToken);
        }

        using var wrk = Process.Start(
            new ProcessStartInfo(
                "wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", $"--timeout={LimitSeconds}s", "-s", script, address, "--", lines])
        {
            RedirectStandardOutput = true,
        })!; // Not by the shell, so it is a new process.
        await using var end = cancellationToken.Register(wrk.Kill);
        var output = await wrk.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await wrk.WaitForExitAsync(CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        return Measured().Match(output) is { Success: true } measured && Number(measured, "failed") == 0
            ? new Answers(
                Number(measured, "duration") / 1e6, Number(measured, "all") - Number(measured, "refused"), Number(measured, "refused"),
                Number(measured, "p50") / 1e3, Number(measured, "p99") / 1e3)
            : throw new InvalidOperationException($"Not every request was answered:\n{output}");
    }

    private static long Number(Match measured, string name) =>
        long.Parse(measured.Groups[name].ValueSpan, CultureInfo.InvariantCulture);

    // Written by the script; times in microseconds.
    [GeneratedRegex(
        @"^measured (?<duration>\d+) (?<all>\d+) (?<refused>\d+) (?<failed>\d+) (?<p50>\d+) (?<p99>\d+)$", RegexOptions.Multiline)]
    private static partial Regex Measured();
}

/// <summary>What a server answered in a while.</summary>
/// <param name="Seconds">The while.</param>
/// <param name="Accepted">Answers below 400.</param>
/// <param name="Refused">All others.</param>
/// <param name="Median">Of the time until an answer, ms.</param>
/// <param name="P99">Of the same: one in a hundred took longer, ms.</param>
internal sealed record Answers(double Seconds, long Accepted, long Refused, double Median, double P99);
