namespace Monolith.Kernel.Ports;

/// <summary>Hands mail over for delivery.</summary>
/// <remarks>Every adapter passes <c>MailerContract</c>.</remarks>
public interface IMailer
{
    /// <summary>Hands one mail over. Repeating it with the same id sends no second one where the transport can tell.</summary>
    ValueTask SendAsync(Mail mail, CancellationToken cancellationToken);
}

/// <param name="Id">The same for each repetition; becomes the Message-ID.</param>
/// <param name="To">One address.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">Plain text.</param>
public sealed record Mail(Guid Id, string To, string Subject, string Text)
{
    /// <summary>Keeps addresses and texts out of logs.</summary>
    public override string ToString() => $"Mail {Id}";
}
