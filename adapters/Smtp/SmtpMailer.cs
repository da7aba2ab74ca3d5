using System.Net.Mail;
using System.Net.Mime;
using System.Text;

namespace Monolith.Adapters.Smtp;

/// <summary>Hands mail over to a server.</summary>
/// <remarks>
/// A server cannot tell a repetition, so what was handed over lately is remembered here. After a restart a mail can go out twice, with one
/// Message-ID.
/// </remarks>
internal sealed class SmtpMailer : IMailer, IDisposable
{
    private const int Remembered = 10_000;

    private readonly SmtpServer _server;
    private readonly Lane[] _lanes;

    public SmtpMailer(SmtpServer server) =>
        (_server, _lanes) = (server, [.. Enumerable.Range(0, server.Settings.Connections).Select(_ => new Lane())]);

    /// <inheritdoc />
    public async ValueTask SendAsync(Mail mail, CancellationToken cancellationToken)
    {
        mail.Check();
        using var message = ToMessage(mail);

        // Repetitions come to the same lane, one after the other; each lane is one connection.
        var lane = _lanes[(uint)mail.Id.GetHashCode() % _lanes.Length];
        await lane.Gate.WaitAsync(cancellationToken);
        try
        {
            if (!lane.Sent.Contains(mail.Id))
            {
                await _server.SendAsync(mail.Id, message, cancellationToken);
                lane.Remember(mail.Id, Remembered / _lanes.Length);
            }
        }
        finally
        {
            lane.Gate.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => Array.ForEach(_lanes, lane => lane.Gate.Dispose());

    private MailMessage ToMessage(Mail mail)
    {
        var from = _server.Settings.From;
        var message = new MailMessage(from, mail.To)
        {
            Subject = mail.Subject,
            SubjectEncoding = Encoding.UTF8,
            Body = mail.Text.Length > 0 ? mail.Text : "\r\n", // Without a body its headers would be missing too.
            BodyEncoding = Encoding.UTF8,
            BodyTransferEncoding = TransferEncoding.Base64, // No line limits, and nothing that a server on the way could change.
        };
        message.Headers.Add("Message-ID", $"<{mail.Id}@{from[(from.IndexOf('@', StringComparison.Ordinal) + 1)..]}>");
        return message;
    }

    private sealed class Lane
    {
        private readonly Queue<Guid> _order = new();

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
    }
}
