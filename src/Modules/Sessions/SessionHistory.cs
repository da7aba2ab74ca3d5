namespace Monolith.Sessions;

/// <summary>Knows from the log whether a session was ended: the log says so first, and for good.</summary>
internal interface ISessionHistory
{
    ValueTask<bool> IsOverAsync(Guid sessionId, CancellationToken cancellationToken);
}

/// <inheritdoc />
internal sealed class SessionHistory(Aggregates aggregates) : ISessionHistory
{
    public async ValueTask<bool> IsOverAsync(Guid sessionId, CancellationToken cancellationToken) =>
        (await aggregates.LoadAsync<Session>(Session.StreamOf(sessionId), cancellationToken)).State.IsOver;
}
