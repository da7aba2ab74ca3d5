using Monolith.Users.Contracts;

namespace Monolith.Sessions;

/// <summary>Ends a user's sessions when the password is replaced, except the one that did it.</summary>
[Reaction("sessions.end-on-password-change")]
internal sealed partial class EndSessionsOnPasswordChange(UnitOfWork work, ISessionStore sessions, TimeProvider clock, ILogger<EndSessionsOnPasswordChange> log)
    : INotificationHandler<PasswordChanged>
{
    public async Task Handle(PasswordChanged notification, CancellationToken cancellationToken)
    {
        // What began after the change was begun with the new password.
        var others = (await sessions.ListAsync(notification.UserId.Value, cancellationToken))
            .Where(s => s.Id != notification.KeptSession && s.StartedAt <= notification.At).ToList();
        foreach (var other in others)
        {
            await sessions.RemoveAsync(other.UserId, other.Id, cancellationToken);
            var session = await work.LoadAsync<Session>(Session.StreamOf(other.Id), cancellationToken);
            if (session.State.End("password-changed", clock.GetUtcNow()) is { } ended)
            {
                session.Append(ended);
            }
        }

        await work.CommitAsync(cancellationToken);
        LogEnded(others.Count, notification.UserId);
    }

    [LoggerMessage(LogLevel.Information, "Ended {Count} sessions of user {UserId} after a change of password")]
    private partial void LogEnded(int count, UserId userId);
}
