using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Monolith.Support;

/// <summary>A real mail server on a free loopback port, which keeps what it takes.</summary>
public sealed class MailTestServer : IAsyncDisposable
{
    private const string Python = "/usr/bin/python3"; // Debian's own: it is the one that has the package.

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-mail-").FullName;
    private readonly string[] _settings;
    private CapturedProcess? _process;

    private MailTestServer(bool isSecure)
    {
        if (isSecure)
        {
            TestCertificate.Write(Certificate, Path.Combine(_folder, "key.pem"));
        }

        _settings = isSecure ? [Certificate, Path.Combine(_folder, "key.pem"), User, Password] : [];
    }

    /// <summary>Who may send mail, where senders must log in.</summary>
    public const string User = "monolith";

    /// <summary>The password of that user.</summary>
    public const string Password = "not-a-secret";

    /// <summary>Where it listens.</summary>
    public int Port { get; } = FreePort.Next();

    /// <summary>Vouches for itself.</summary>
    public string Certificate => Path.Combine(_folder, "certificate.pem");

    /// <summary>Why there is none here; null when there is.</summary>
    public static string? Missing =>
        Directory.Exists("/usr/lib/python3/dist-packages/aiosmtpd") && File.Exists(Python)
            ? null
            : "No mail server is installed (Debian: python3-aiosmtpd).";

    /// <summary>Starts a server.</summary>
    /// <param name="isSecure">Whether it insists on TLS and on its user.</param>
    public static async Task<MailTestServer> StartAsync(bool isSecure = false)
    {
        var server = new MailTestServer(isSecure);
        await server.LaunchAsync();
        return server;
    }

    /// <summary>Collects whole messages, in the Internet Message Format, that hold a text.</summary>
    public async Task<IReadOnlyList<byte[]>> TakenAsync(string text)
    {
        var messages = await Task.WhenAll(Directory.GetFiles(_folder, "*.eml").Select(file => File.ReadAllBytesAsync(file)));
        return [.. messages.Where(m => System.Text.Encoding.UTF8.GetString(m).Contains(text, StringComparison.Ordinal))];
    }

    /// <summary>Ends it in the middle of whatever it does (SIGKILL).</summary>
    public void Kill() => _process!.Kill(); // It runs: who has one has started it.

    /// <summary>Starts it on the same port.</summary>
    public async Task LaunchAsync()
    {
        _process?.Dispose();
        var script = Path.Combine(AppContext.BaseDirectory, "mail_server.py");
        _process = new CapturedProcess(new ProcessStartInfo(Python, [script, $"{Port}", _folder, .. _settings]));
        for (var waited = Stopwatch.StartNew(); !await AnswersAsync();)
        {
            if (_process.HasExited || waited.Elapsed > _limit)
            {
                throw new InvalidOperationException($"The mail server does not start; it wrote:\n{_process.Output}");
            }

            await Task.Delay(20);
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
        }

        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
