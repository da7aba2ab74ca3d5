using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Monolith.Support;

/// <summary>A child process whose two outputs are kept, in the order they came; it ends with this object.</summary>
internal sealed class CapturedProcess : IDisposable
{
    private readonly Process process;

    private readonly StringBuilder output = new();

    public CapturedProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true; // so that nothing waits at the terminal
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The operating system's number of the process.</summary>
    public int Id => process.Id;

    /// <summary>Whether the process has ended.</summary>
    public bool HasExited => process.HasExited;

    /// <summary>What it has written so far.</summary>
    public string Output
    {
        get
        {
            lock (output)
            {
                return output.ToString();
            }
        }
    }

    /// <summary>Waits until it ended by itself and all it wrote was read; its exit code, 128 + n after signal n.</summary>
    public async Task<int> ExitAsync(CancellationToken cancellationToken)
    {
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }

    /// <summary>Sends it a signal.</summary>
    public void Signal(int signal) => _ = Kill(process.Id, signal);

    /// <summary>Ends it, and what it started, at once: SIGKILL on Unix.</summary>
    public void Kill()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int process, int signal);

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (output)
            {
                output.AppendLine(line);
            }
        }
    }
}
