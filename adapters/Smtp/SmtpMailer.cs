using System.Text;
using MimeKit;

namespace Monolith.Adapters.Smtp;

/// <summary>Submits mail to a server, over as many connections as the settings say.</summary>
/// <remarks>
/// A server cannot tell a repetition, so what was submitted lately is remembered here. After a restart a mail can go out twice, with one
/// Message-ID.
/// </remarks>
internal sealed class SmtpMailer : IMailer, IDisposable
{
    private const int Remembered = 10_000;

    // At the library's 78 characters its encoded words have up to 80, and RFC 2047 §2 allows 75.
    private static readonly FormatOptions _narrow = new() { MaxLineLength = 72 };

    private readonly SmtpLink _link;
    private readonly TimeProvider _clock;
    private readonly Lane[] _lanes;

    public SmtpMailer(SmtpLink link, TimeProvider clock)
    {
        (_link, _clock) = (link, clock);
        _lanes = [.. Enumerable.Range(0, link.Settings.Connections).Select(_ => new Lane(new SmtpConnection(link.Settings, clock)))];
    }

    /// <inheritdoc />
    public async ValueTask SendAsync(Mail mail, CancellationToken cancellationToken)
    {
        mail.Check();
        using var message = ToMessage(mail);

        // Repetitions come to the same lane, one after the other; each lane has one connection.
        var lane = _lanes[(uint)mail.Id.GetHashCode() % _lanes.Length];
        await lane.Gate.WaitAsync(cancellationToken);
        try
        {
            if (!lane.Sent.Contains(mail.Id))
            {
                await _link.SendAsync(lane.Connection, mail.Id, message, cancellationToken);
                lane.Remember(mail.Id, Remembered / _lanes.Length);
            }
        }
        finally
        {
            lane.Gate.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => Array.ForEach(_lanes, lane => lane.Dispose());

    private MimeMessage ToMessage(Mail mail)
    {
        var from = _link.Settings.From;
        var message = new MimeMessage
        {
            MessageId = $"{mail.Id}@{from[(from.IndexOf('@', StringComparison.Ordinal) + 1)..]}",
            Date = _clock.GetUtcNow(),

            // Base64: no line limits, and nothing that a server on the way could change.
            Body = new TextPart("plain") { ContentTransferEncoding = ContentEncoding.Base64 },
        };
        ((TextPart)message.Body).SetText(Encoding.UTF8, mail.Text);
        message.Headers[HeaderId.Subject] = "";
        message.Headers[message.Headers.IndexOf(HeaderId.Subject)].SetValue(_narrow, Encoding.UTF8, mail.Subject);
        message.From.Add(new MailboxAddress(null, from));
        message.To.Add(new MailboxAddress(null, mail.To));
        return message;
    }

    private sealed class Lane(SmtpConnection connection) : IDisposable
    {
        private readonly Queue<Guid> _order = new();

        public SmtpConnection Connection => connection;

        public SemaphoreSlim Gate { get; } = new(1);

        public HashSet<Guid> Sent { get; } = [];

        public void Remember(Guid id, int limit)
        {
            _order.Enqueue(id);
            Sent.Add(id);
            if (_order.Count > limit)
            {
                Sent.Remove(_order.Dequeue());
            }
        }

        public void Dispose()
        {
            connection.Dispose();
            Gate.Dispose();
        }
    }
}
