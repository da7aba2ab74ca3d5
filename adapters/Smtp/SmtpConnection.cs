using MailKit;
using MailKit.Net.Smtp;
using MimeKit;

namespace Monolith.Adapters.Smtp;

/// <summary>
/// One connection to the server, opened by the first mail and kept for those that follow; closed when none came for half a minute. Used by
/// one caller at a time.
/// </summary>
internal sealed class SmtpConnection : IDisposable
{
    // Servers close an idle connection after five minutes (RFC 5321 §4.5.3.2.7), and hold few for each client until then.
    private static readonly TimeSpan _idle = TimeSpan.FromSeconds(30);

    private readonly SmtpSettings _settings;
    private readonly ITimer _closing;
    private SmtpClient? _client; // Taken out while it is in use, so that the timer never closes one that is.

    public SmtpConnection(SmtpSettings settings, TimeProvider clock)
    {
        _settings = settings;
        _closing = clock.CreateTimer(_ => _ = CloseAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Submits a message; every exception of the library comes out as it is.</summary>
    /// <exception cref="MailRefusedException">Its address is not ASCII, and the server takes no such address (RFC 6531).</exception>
    public async Task SendAsync(Guid id, MimeMessage message, CancellationToken cancellationToken)
    {
        var client = await KeptAsync(cancellationToken) ?? await _settings.OpenAsync(cancellationToken);
        var isUsable = false;
        try
        {
            var format = FormatOf(message);
            if (format.International && !client.Capabilities.HasFlag(SmtpCapabilities.UTF8))
            {
                isUsable = true;
                throw new MailRefusedException($"The mail server takes no mail {id}: its address needs SMTPUTF8.");
            }

            await client.SendAsync(format, message, cancellationToken);
            isUsable = true;
        }
        catch (SmtpCommandException)
        {
            // A refusal is an answer, after which the server listens for the next mail.
            isUsable = client.IsConnected;
            throw;
        }
        finally
        {
            if (isUsable)
            {
                Volatile.Write(ref _client, client);
                _closing.Change(_idle, Timeout.InfiniteTimeSpan);
            }
            else
            {
                client.Dispose();
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _closing.Dispose();
        Interlocked.Exchange(ref _client, null)?.Dispose();
    }

    // Asked first whether it still answers: a failure in the middle of a mail does not tell whether the server has it.
    private async Task<SmtpClient?> KeptAsync(CancellationToken cancellationToken)
    {
        var client = Interlocked.Exchange(ref _client, null);
        if (client is null)
        {
            return null;
        }

        try
        {
            await client.NoOpAsync(cancellationToken);
            return client;
        }
        catch (Exception e) when (e is IOException or ProtocolException or CommandException or ServiceNotConnectedException)
        {
            client.Dispose();
            return null;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _client, null) is not { } client)
        {
            return;
        }

        using (client)
        {
            try
            {
                await client.DisconnectAsync(quit: true);
            }
            catch (Exception e) when (e is IOException or ProtocolException or CommandException or OperationCanceledException)
            {
                // It is closed either way.
            }
        }
    }

    // An address that is not ASCII needs a server with SMTPUTF8 (RFC 6531), where headers are not encoded.
    private static FormatOptions FormatOf(MimeMessage message)
    {
        var format = FormatOptions.Default.Clone();
        format.International = message.To.Mailboxes.Concat(message.From.Mailboxes).Any(mailbox => mailbox.IsInternational);
        return format;
    }
}
