namespace Monolith.Sessions;

/// <summary>Ends several sessions at once: on every node, and in the log.</summary>
internal sealed class SessionEnding(UnitOfWork work, KnownSessions sessions, TimeProvider clock)
{
    /// <summary>Ends them for a reason; what ended already is fine.</summary>
    public async Task EndAsync(IReadOnlyList<SessionRecord> records, string reason, CancellationToken cancellationToken)
    {
        foreach (var record in records)
        {
            await sessions.RemoveAsync(record.UserId, record.Id, cancellationToken);
            var session = await work.LoadAsync<Session>(Session.StreamOf(record.Id), cancellationToken);
            if (session.State.End(reason, clock.GetUtcNow()) is { } ended)
            {
                session.Append(ended);
            }
        }

        await work.CommitAsync(cancellationToken);
    }
}
