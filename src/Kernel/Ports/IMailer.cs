namespace Monolith.Kernel.Ports;

/// <summary>Hands mail over for delivery.</summary>
/// <remarks>Every adapter passes <c>MailerContract</c>.</remarks>
public interface IMailer
{
    /// <summary>Hands one mail over. Repeating it with the same id sends no second one where the transport can tell.</summary>
    ValueTask SendAsync(Mail mail, CancellationToken cancellationToken);

    /// <summary>Removes every mail to somebody that is still here. Repeatable. What a transport has taken over is beyond reach.</summary>
    /// <param name="owner">As given with the mail.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask ForgetAsync(Guid owner, CancellationToken cancellationToken) => default;
}

/// <param name="Id">The same for each repetition; becomes the Message-ID.</param>
/// <param name="Owner">Whom it is for: a user's id.</param>
/// <param name="To">One address.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">Plain text.</param>
public sealed record Mail(Guid Id, Guid Owner, string To, string Subject, string Text)
{
    /// <summary>Keeps addresses and texts out of logs.</summary>
    public override string ToString() => $"Mail {Id}";
}
