using System.Buffers;
using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Ports;

/// <summary>Hands mail over for delivery.</summary>
/// <remarks>Every adapter passes <c>MailerContract</c>.</remarks>
public interface IMailer
{
    /// <summary>Hands one mail over. Repeating it with the same id sends no second one where the transport can tell.</summary>
    /// <exception cref="ArgumentException">See <see cref="Mail.Check"/>.</exception>
    /// <exception cref="MailRefusedException">The transport will never take it.</exception>
    /// <exception cref="StoreUnavailableException">The transport is unavailable.</exception>
    ValueTask SendAsync(Mail mail, CancellationToken cancellationToken);

    /// <summary>Removes every mail to a user that is still here. Repeatable. What a transport has taken over is beyond reach.</summary>
    /// <param name="owner">As given with the mail.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask ForgetAsync(Guid owner, CancellationToken cancellationToken) => default;
}

/// <param name="Id">The same for each repetition; becomes the Message-ID.</param>
/// <param name="Owner">Whom it is for: a user's id.</param>
/// <param name="To">One address.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">Plain text.</param>
public sealed record Mail(Guid Id, Guid Owner, string To, string Subject, string Text)
{
    private static readonly SearchValues<char> _notInAddress = SearchValues.Create("<>()[]\\,;:\"");

    /// <summary>Tells whether a text is exactly one bare address that can stand in a header.</summary>
    public static bool IsAddress(string text) =>
        text.IndexOf('@', StringComparison.Ordinal) is > 0 and var at
        && at == text.LastIndexOf('@') && at < text.Length - 1 && text.Length <= 254
        && !text.AsSpan().ContainsAny(_notInAddress)
        && !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || char.IsSurrogate(c));

    /// <summary>Refuses what could become something else on its way than it is.</summary>
    /// <exception cref="ArgumentException">
    /// The address is not one bare address, or the subject not one line. Neither is repeated: the message would end up in a log.
    /// </exception>
    public void Check()
    {
        if (!IsAddress(To))
        {
            throw new ArgumentException("not one bare address", nameof(To));
        }

        if (Subject.Any(c => char.IsControl(c) || c is '\u2028' or '\u2029'))
        {
            throw new ArgumentException("a subject is one line", nameof(Subject));
        }
    }

    /// <summary>Keeps addresses and texts out of logs.</summary>
    public override string ToString() => $"Mail {Id}";
}

/// <summary>A mail that will never be delivered, because the transport refused it.</summary>
/// <param name="message">Without address or text.</param>
public sealed class MailRefusedException(string message) : Exception(message);
