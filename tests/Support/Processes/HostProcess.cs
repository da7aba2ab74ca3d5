using System.Diagnostics;

namespace Monolith.Support;

/// <summary>
/// The real host as a process of its own, with all its data in one folder. After <see cref="Kill"/> or
/// <see cref="StopAsync"/> another can be started on the same folder.
/// </summary>
internal sealed class HostProcess : IDisposable
{
    private const int Terminate = 15;

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    private readonly CapturedProcess _process;

    private HostProcess(
        string folder, int port, IEnumerable<string> arguments, (string Name, string Value)? environment, string? program)
    {
        Folder = folder;
        Address = new Uri($"http://localhost:{port}");
        Http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };
        // Its `data/` lies in the working directory; its settings come from beside the program.
        IEnumerable<string> all = [.. arguments, "--urls", Address.ToString()];
        var start = program is null ? new ProcessStartInfo("dotnet", [Assembly(), .. all]) : new ProcessStartInfo(program, all);
        start.WorkingDirectory = folder;
        if (environment is (var name, var value))
        {
            start.Environment[name] = value;
        }

        _process = new CapturedProcess(start);
    }

    /// <summary>Where it was started; its data lies below.</summary>
    public string Folder { get; }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>A client for that address, without a session of its own.</summary>
    public HttpClient Http { get; }

    /// <summary>The operating system's number of the process.</summary>
    public int Id => _process.Id;

    /// <summary>The files that are mapped into its memory now (Linux).</summary>
    public IReadOnlyList<string> MappedFiles =>
        [.. from line in File.ReadLines($"/proc/{_process.Id}/maps") where line.Contains('/') select line[line.IndexOf('/')..]];

    /// <summary>What the host has written so far.</summary>
    public string Output => _process.Output;

    /// <summary>Starts the host and waits until it says that it is ready; throws, with what it wrote, when it ends instead.</summary>
    /// <param name="program">The file of a published host; null for the one that was built with the tests.</param>
    public static async Task<HostProcess> StartAsync(
        string folder, IReadOnlyList<string> arguments, CancellationToken cancellationToken, int? port = null,
        (string Name, string Value)? environment = null, string? program = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            var host = Launch(folder, arguments, port, environment, program);
            try
            {
                await host.ReadyAsync(cancellationToken);
                return host;
            }
            catch (InvalidOperationException) when (attempt < 5 && port is null && host.LostItsPort)
            {
                host.Dispose();
            }
            catch
            {
                host.Dispose();
                throw;
            }
        }
    }

    /// <summary>Starts the host without waiting, for a start that is meant to be refused.</summary>
    public static HostProcess Launch(
        string folder, IReadOnlyList<string> arguments, int? port = null, (string Name, string Value)? environment = null,
        string? program = null) =>
        new(folder, port ?? FreePort.Next(), arguments, environment, program);

    /// <summary>Starts a verb on a folder, as <c>./run</c> would.</summary>
    public static CapturedProcess Run(string folder, params string[] arguments) =>
        new(new ProcessStartInfo("dotnet", [Assembly(), .. arguments]) { WorkingDirectory = folder });

    /// <summary>Waits until it ended by itself; its exit code.</summary>
    public async Task<int> ExitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _process.ExitAsync(cancellationToken).WaitAsync(_limit, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The host still ran after {_limit.TotalSeconds} s; it wrote:\n{Output}");
        }
    }

    /// <summary>Asks it to end (SIGTERM) and waits until it did; its exit code.</summary>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        _process.Signal(Terminate);
        return await ExitAsync(cancellationToken);
    }

    /// <summary>Ends it in the middle of whatever it does (SIGKILL).</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        Http.Dispose();
        _process.Dispose();
    }

    // Another process may take the port between our look and the host's.
    private bool LostItsPort => Output.Contains("address already in use", StringComparison.OrdinalIgnoreCase);

    private async Task ReadyAsync(CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        while (!await IsReadyAsync(cancellationToken))
        {
            if (_process.HasExited)
            {
                var code = await _process.ExitAsync(cancellationToken);
                throw new InvalidOperationException($"The host ended with {code} before it was ready; it wrote:\n{Output}");
            }

            if (waited.Elapsed > _limit)
            {
                throw new TimeoutException($"The host was not ready after {_limit.TotalSeconds} s; it wrote:\n{Output}");
            }

            await Task.Delay(50, cancellationToken);
        }
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await Http.GetAsync("/health/ready", cancellationToken);
            // What answers while our process is gone is another process on that port.
            return answer.IsSuccessStatusCode && !_process.HasExited;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    // Beside our own output, in the configuration that we were built in ourselves.
    internal static string Assembly() => Path.Combine(
        Repository.Root, "artifacts", "bin", "Monolith.Host",
        Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "Monolith.Host.dll");
}
