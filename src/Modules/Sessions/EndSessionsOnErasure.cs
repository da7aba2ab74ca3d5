using Monolith.Users.Contracts;

namespace Monolith.Sessions;

/// <summary>Ends every session of a user who is erased.</summary>
[Reaction("sessions.end-on-erasure")]
internal sealed partial class EndSessionsOnErasure(UnitOfWork work, ISessionStore sessions, TimeProvider clock, ILogger<EndSessionsOnErasure> log)
    : INotificationHandler<UserErased>
{
    public async Task Handle(UserErased notification, CancellationToken cancellationToken)
    {
        var all = await sessions.ListAsync(notification.UserId.Value, cancellationToken);
        foreach (var record in all)
        {
            await sessions.RemoveAsync(record.UserId, record.Id, cancellationToken);
            var session = await work.LoadAsync<Session>(Session.StreamOf(record.Id), cancellationToken);
            if (session.State.End("user-erased", clock.GetUtcNow()) is { } ended)
            {
                session.Append(ended);
            }
        }

        await work.CommitAsync(cancellationToken);
        LogEnded(all.Count, notification.UserId);
    }

    [LoggerMessage(LogLevel.Information, "Ended {Count} sessions of user {UserId}, who is erased")]
    private partial void LogEnded(int count, UserId userId);
}
