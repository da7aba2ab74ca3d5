namespace Monolith.Sessions;

/// <summary>Ends sessions on every node: in the log first, then in the session store.</summary>
/// <remarks>
/// Each in a commit of its own, whatever the caller's unit of work does. From that commit on the session works nowhere; what breaks off
/// after it leaves a session in the store that the next attempt finds and removes.
/// </remarks>
internal sealed class SessionEnding(IServiceScopeFactory scopes, KnownSessions sessions, TimeProvider clock)
{
    /// <summary>Ends them for a reason; what ended already is fine.</summary>
    public async Task EndAsync(IReadOnlyList<SessionRecord> records, string reason, CancellationToken cancellationToken)
    {
        foreach (var record in records)
        {
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<ConflictRetry>().CommitAsync(
                async work =>
                {
                    var session = await work.LoadAsync<Session>(Session.StreamOf(record.Id), cancellationToken);
                    if (session.State.End(reason, clock.GetUtcNow()) is { } ended)
                    {
                        session.Append(ended);
                    }

                    return default(Done);
                },
                cancellationToken);
            await sessions.RemoveAsync(record.UserId, record.Id, cancellationToken);
        }
    }
}
