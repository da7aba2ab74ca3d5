using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MimeKit;
using RefusedLogin = MailKit.Security.AuthenticationException;

namespace Monolith.Adapters.Smtp;

/// <summary>
/// The way to the mail server, and what is known of its health: told by every mail, and asked for while it cannot be reached.
/// </summary>
internal sealed partial class SmtpLink(
    SmtpSettings settings, TimeProvider clock, ILogger<SmtpLink> log) : BackgroundService, IExternalDependency
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(2);

    private volatile Trouble? _trouble;

    /// <inheritdoc />
    public string Port => Kernel.Adapters.Port.Mail.Name;

    /// <inheritdoc />
    public string? Fault => _trouble?.Message;

    /// <summary>Which server.</summary>
    public SmtpSettings Settings => settings;

    /// <summary>Submits one mail over a connection.</summary>
    /// <exception cref="StoreUnavailableException">The server cannot be reached, or does not take mail from us now.</exception>
    /// <exception cref="MailRefusedException">It will never take this one.</exception>
    public async Task SendAsync(SmtpConnection connection, Guid id, MimeMessage message, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(settings.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await connection.SendAsync(id, message, either.Token);
            Note(null);
        }
        catch (SmtpCommandException e) when (IsRefusal(e))
        {
            // The answer may quote the address.
            Note(null);
            throw new MailRefusedException($"The mail server refused mail {id} with {(int)e.StatusCode} {e.StatusCode}.");
        }
        catch (MailRefusedException)
        {
            Note(null);
            throw;
        }
        catch (Exception e) when (IsTrouble(e) && !cancellationToken.IsCancellationRequested)
        {
            Note(TroubleOf(e));
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

    // As far as a mail would come before its first line.
    private async Task LookAsync(CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(settings.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
        try
        {
            using var client = await settings.OpenAsync(either.Token);
            Note(null);
            await client.DisconnectAsync(quit: true, either.Token);
        }
        catch (Exception e) when (IsTrouble(e) && !stopping.IsCancellationRequested)
        {
            Note(TroubleOf(e));
        }
    }

    private static bool IsTrouble(Exception e) => e is CommandException or ProtocolException or IOException or SocketException
        or RefusedLogin or SslHandshakeException or NotSupportedException or UnauthorizedAccessException or TimeoutException
        or OperationCanceledException;

    // RFC 5321 §4.2.1: 5yz is final. Except where it is about us and not about the mail: who we are (530, 534, 535, 538), or that there is
    // no mail service (521).
    private static bool IsRefusal(SmtpCommandException e) =>
        (int)e.StatusCode is >= 500 and < 600 and not (521 or 530 or 534 or 535 or 538);

    private Trouble TroubleOf(Exception e) => new(
        $"The mail server {settings.Name} {What(e)}", IsReached: e is SmtpCommandException or RefusedLogin or SslHandshakeException);

    private static string What(Exception e) => e switch
    {
        OperationCanceledException or TimeoutException => "does not answer in time",
        SslHandshakeException { ServerCertificate: not null } => "shows a certificate that is not trusted",
        SslHandshakeException => "does not speak TLS",
        RefusedLogin or SmtpCommandException { StatusCode: SmtpStatusCode.AuthenticationRequired } =>
            "does not accept the user or the password",
        NotSupportedException => "offers no TLS, or does not let users log in",
        SmtpCommandException smtp => $"takes no mail now: {(int)smtp.StatusCode}",
        SmtpProtocolException => "does not answer as a mail server",
        UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException =>
            "cannot be used: the file of the password cannot be read",
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
