using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>
/// Erases again each user who was erased after the moment that a store was rewound to: the key is gone for good, and the log no longer says
/// so.
/// </summary>
/// <remarks>Only the user's own facts. What the other modules keep goes by their reactions, when the server starts.</remarks>
internal sealed class EraseAgain(SubjectKeys keys, EventCatalog events, IServiceScopeFactory scopes, TimeProvider clock) : IAfterRewind
{
    private const int PageSize = 500;

    public async Task AfterRewindAsync(Shard shard, RewoundTo point, CancellationToken cancellationToken)
    {
        var erased = new Dictionary<UserId, StreamId?>();
        await foreach (var subject in keys.ErasedBeyondTheLogAsync(shard, cancellationToken))
        {
            erased.Add(new UserId(subject), null);
        }

        if (erased.Count > 0)
        {
            await FindClaimsAsync(shard, erased, cancellationToken);
        }

        foreach (var (id, claim) in erased)
        {
            await EraseAsync(id, claim, cancellationToken);
        }
    }

    // The address cannot be read any more, but its claim says whose it is; it may have been imported with all that the user owns.
    private async Task FindClaimsAsync(Shard shard, Dictionary<UserId, StreamId?> erased, CancellationToken cancellationToken)
    {
        var types = events.EveryNameOf(typeof(EmailClaim.Taken));
        var position = LogStart.All;
        for (IReadOnlyList<StoredEvent>? page = null; page is not { Count: < PageSize };)
        {
            (page, position) = await shard.Store.ReadLogAsync(position, PageSize, types, cancellationToken);
            foreach (var stored in await keys.OpenAsync(page, cancellationToken))
            {
                var taken = (EmailClaim.Taken)events.Read(stored);
                if (erased.ContainsKey(taken.By))
                {
                    erased[taken.By] = stored.Stream;
                }
            }
        }
    }

    private async Task EraseAsync(UserId id, StreamId? address, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var user = await work.LoadAsync<User>(User.StreamOf(id), cancellationToken);
        if (user.State.Exists)
        {
            user.Append(User.Erase(clock.GetUtcNow()));
        }

        if (address is { } stream && await work.LoadAsync<EmailClaim>(stream, cancellationToken) is var claim
            && claim.State.Release(id, clock.GetUtcNow()) is { } released)
        {
            claim.Append(released);
        }

        work.Erase(id.Value);
        await work.CommitAsync(cancellationToken);
    }
}
