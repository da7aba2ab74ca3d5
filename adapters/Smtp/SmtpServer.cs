using System.Net.Mail;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.Smtp;

/// <summary>
/// The way to the mail server, and what is known of its health: told by every mail, and asked for while it cannot be reached.
/// </summary>
internal sealed partial class SmtpServer(
    SmtpSettings settings, TimeProvider clock, ILogger<SmtpServer> log) : BackgroundService, IExternalDependency
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(2);

    private volatile Trouble? _trouble;

    /// <inheritdoc />
    public string Port => Kernel.Adapters.Port.Mail.Name;

    /// <inheritdoc />
    public string? Fault => _trouble?.Message;

    /// <summary>Which server.</summary>
    public SmtpSettings Settings => settings;

    /// <summary>Hands one mail over.</summary>
    /// <exception cref="StoreUnavailableException">The server cannot be reached, or does not take mail from us now.</exception>
    /// <exception cref="MailRefusedException">It will never take this one.</exception>
    public async Task SendAsync(Guid id, MailMessage message, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(settings.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var client = settings.Open(isPlain: Ascii.IsValid($"{message.From}{message.To}"));
            await client.SendMailAsync(message, either.Token);
            Note(null);
        }
        catch (SmtpException e) when (IsRefusal(e))
        {
            // The answer may quote the address.
            Note(null);
            throw new MailRefusedException($"The mail server refused mail {id} with {(int)e.StatusCode} {e.StatusCode}.");
        }
        catch (Exception e) when (
            e is SmtpException or IOException or SocketException or AuthenticationException or UnauthorizedAccessException
                or OperationCanceledException
            && !cancellationToken.IsCancellationRequested)
        {
            Note(
                new Trouble(
                    $"The mail server {settings.Name} {What(e)}",
                    IsReached: e is SmtpException { StatusCode: not SmtpStatusCode.GeneralFailure } or AuthenticationException));
            throw new StoreUnavailableException(_trouble?.Message ?? "", isFull: false, e);
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, clock);
        try
        {
            // Once at the start, before the first use.
            for (var isFirst = true; isFirst || await timer.WaitForNextTickAsync(stoppingToken); isFirst = false)
            {
                // What is wrong with a server that can be reached, the next mail finds out.
                if (isFirst || _trouble is { IsReached: false })
                {
                    await LookAsync(stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(settings.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(settings.Host, settings.Port, either.Token);
            using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
            var greeting = await reader.ReadLineAsync(either.Token);
            var isReady = greeting?.StartsWith("220", StringComparison.Ordinal) == true; // RFC 5321 §4.3.1
            Note(isReady ? null : new Trouble($"The mail server {settings.Name} does not greet as one", IsReached: false));
            await client.GetStream().WriteAsync("QUIT\r\n"u8.ToArray(), either.Token);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException && !stopping.IsCancellationRequested)
        {
            Note(new Trouble($"The mail server {settings.Name} {What(e)}", IsReached: false));
        }
    }

    // RFC 5321 §4.2.1: 5yz is final. Except where it is about us and not about the mail: who we are (530, 534, 535, 538), or that there is
    // no mail service (521).
    private static bool IsRefusal(SmtpException e) => (int)e.StatusCode is >= 500 and < 600 and not (521 or 530 or 534 or 535 or 538)
        || e is SmtpFailedRecipientsException { InnerExceptions: var all } && Array.TrueForAll(all, IsRefusal);

    private static string What(Exception e) => e switch
    {
        OperationCanceledException => "does not answer in time",
        AuthenticationException or SmtpException { InnerException: AuthenticationException } => "shows a certificate that is not trusted",
        SmtpException { StatusCode: (SmtpStatusCode)530 or (SmtpStatusCode)535 } => "does not accept the user or the password",
        SmtpException { StatusCode: SmtpStatusCode.GeneralFailure, InnerException: null } => "offers no TLS, or does not let this user in",
        SmtpException { StatusCode: not SmtpStatusCode.GeneralFailure } smtp => $"takes no mail now: {(int)smtp.StatusCode}",
        UnauthorizedAccessException or IOException { InnerException: null } => "cannot be used: the file of the password cannot be read",
        _ => "cannot be reached",
    };

    private void Note(Trouble? trouble)
    {
        var former = Interlocked.Exchange(ref _trouble, trouble);
        if (trouble is not null && former?.Message != trouble.Message)
        {
            LogLost(trouble.Message);
        }
        else if (former is not null && trouble is null)
        {
            LogBack(settings.Name);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Fault}")]
    private partial void LogLost(string fault);

    [LoggerMessage(LogLevel.Information, "The mail server {Server} is available again")]
    private partial void LogBack(string server);

    private sealed record Trouble(string Message, bool IsReached);
}
