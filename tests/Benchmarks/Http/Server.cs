using System.Diagnostics;

namespace Monolith.Benchmarks.Http;

/// <summary>This program as a server.</summary>
internal sealed class Server : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(1);

    private readonly CapturedProcess _process;

    private Server(CapturedProcess process, string[] addresses) => (_process, Bare, Application) = (process, addresses[0], addresses[^1]);

    /// <summary>Address of the constant answers.</summary>
    public string Bare { get; }

    /// <summary>Address of the application.</summary>
    public string Application { get; }

    public static Task<Server> StartAsync(string folder, params string[] options) => StartAsync(Launch(folder, options));

    /// <summary>Waits until a process tells in a line of its own where it serves.</summary>
    public static async Task<Server> StartAsync(CapturedProcess process)
    {
        for (var start = Stopwatch.GetTimestamp(); ; await Task.Delay(10))
        {
            if (process.Output.Split('\n').FirstOrDefault(l => l.StartsWith(Serving.Ready, StringComparison.Ordinal)) is { } line)
            {
                return new Server(process, line.Split(' ', StringSplitOptions.TrimEntries)[1..]);
            }

            if (process.HasExited || Stopwatch.GetElapsedTime(start) > _limit)
            {
                var output = process.Output;
                process.Dispose();
                throw new InvalidOperationException($"The server did not start:\n{output}");
            }
        }
    }

    /// <summary>Starts it without waiting.</summary>
    public static CapturedProcess Launch(string folder, params string[] options) =>
        new(new ProcessStartInfo("dotnet", [typeof(Server).Assembly.Location, "serve", folder, .. options]));

    /// <summary>The operating system's number of the process.</summary>
    public int Id => _process.Id;

    public void Dispose() => _process.Dispose();
}
