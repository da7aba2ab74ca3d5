using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Monolith.Support;

/// <summary>A child process whose two outputs are kept, in the order they came; it ends with this object.</summary>
internal sealed class CapturedProcess : IDisposable
{
    private readonly Process _process;

    private readonly StringBuilder _output = new();

    /// <param name="start">What to start.</param>
    /// <param name="atFirstLine">
    /// Called with the first line that it writes to its output, before any more is read: a process that writes much is still running then.
    /// </param>
    public CapturedProcess(ProcessStartInfo start, Action<CapturedProcess>? atFirstLine = null)
    {
        start.RedirectStandardInput = true; // so that nothing waits at the terminal
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) =>
        {
            Keep(line.Data);
            Interlocked.Exchange(ref atFirstLine, null)?.Invoke(this);
        };
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The operating system's number of the process.</summary>
    public int Id => _process.Id;

    /// <summary>Whether the process has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>What it has written so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Waits until it ended by itself and all it wrote was read; its exit code, 128 + n after signal n.</summary>
    public async Task<int> ExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Sends it a signal.</summary>
    public void Signal(int signal) => _ = Kill(_process.Id, signal);

    /// <summary>Ends it, and what it started, at once: SIGKILL on Unix.</summary>
    public void Kill()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int process, int signal);

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (_output)
            {
                _output.AppendLine(line);
            }
        }
    }
}
