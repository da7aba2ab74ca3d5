using Monolith.Users.Contracts;

namespace Monolith.Sessions;

/// <summary>Ends a user's sessions when the password is replaced, except the one that did it.</summary>
[Reaction("sessions.end-on-password-change")]
internal sealed partial class EndSessionsOnPasswordChange(
    KnownSessions sessions, SessionEnding ending, ILogger<EndSessionsOnPasswordChange> log)
    : INotificationHandler<PasswordChanged>
{
    public async Task Handle(PasswordChanged notification, CancellationToken cancellationToken)
    {
        // What began after the change was begun with the new password.
        var others = (await sessions.ListAsync(notification.UserId.Value, cancellationToken))
            .Where(s => s.Id != notification.KeptSession && s.StartedAt <= notification.At).ToList();
        await ending.EndAsync(others, "password-changed", cancellationToken);
        LogEnded(others.Count, notification.UserId);
    }

    [LoggerMessage(LogLevel.Information, "Ended {Count} sessions of user {UserId} after a change of password")]
    private partial void LogEnded(int count, UserId userId);
}
