using Monolith.Users.Contracts;

namespace Monolith.Sessions;

/// <summary>Ends every session of a user who is erased.</summary>
[Reaction("sessions.end-on-erasure")]
internal sealed partial class EndSessionsOnErasure(KnownSessions sessions, SessionEnding ending, ILogger<EndSessionsOnErasure> log)
    : INotificationHandler<UserErased>
{
    public async Task Handle(UserErased notification, CancellationToken cancellationToken)
    {
        var all = await sessions.ListAsync(notification.UserId.Value, cancellationToken);
        await ending.EndAsync(all, "user-erased", cancellationToken);
        LogEnded(all.Count, notification.UserId);
    }

    [LoggerMessage(LogLevel.Information, "Ended {Count} sessions of user {UserId}, who is erased")]
    private partial void LogEnded(int count, UserId userId);
}
