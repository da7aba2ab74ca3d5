using Monolith.Kernel.Events;
using Monolith.Kernel.Idempotency;
using Monolith.Kernel.Messaging;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Subscriptions;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Setup;

/// <summary>
/// Told when a store was put back to an earlier time, before its first use: puts right what does not follow from the events.
/// </summary>
/// <remarks>Events, and the documents and views that follow from them, are as they were then already; all messages are gone.</remarks>
public interface IAfterRewind
{
    /// <summary>Puts right what is its own, in one shard. Repeatable.</summary>
    Task AfterRewindAsync(Shard shard, RewoundTo point, CancellationToken cancellationToken);
}

/// <summary>Where the log ends now.</summary>
/// <param name="Time">What is later did not happen, UTC.</param>
/// <param name="Position">Of the last event.</param>
/// <param name="SafePosition">Reactions to everything up to here had their effect by then.</param>
/// <param name="Epoch">To put into commits.</param>
public sealed record RewoundTo(DateTimeOffset Time, long Position, long SafePosition, long Epoch);

/// <summary>
/// Lets subscriptions go on from where they were, or a little before, and forgets answers to requests that did not happen.
/// </summary>
internal sealed class RewindKernel(StoredJson json, TimeProvider clock) : IAfterRewind
{
    private const int PageSize = 200;

    public async Task AfterRewindAsync(Shard shard, RewoundTo point, CancellationToken cancellationToken)
    {
        // How far a subscription had come at that moment is not recorded. Reactions are repeatable, so a little before is right, and later
        // is not.
        await ChangeAsync(shard, Checkpoint.Kind, document =>
        {
            var position = Math.Min(json.Read<Checkpoint>(document.Body).Position, point.SafePosition);
            return json.Write(new Checkpoint(position, "", default));
        }, cancellationToken);
        // The same positions will be other events': receivers learn by another name of the log that theirs mean nothing any more.
        await ChangeAsync(shard, FeedMark.Kind, _ => null, cancellationToken);
        await ChangeAsync(shard, FollowedState.Kind, document =>
            json.Read<FollowedState>(document.Body) is var state
                && Math.Max(state.Live.Position, state.Next?.Position ?? 0) > point.Position
                ? json.Write(state.StartOver())
                : document.Body, cancellationToken);
        await ChangeAsync(shard, ParkedEvent.DocumentKind, document =>
            json.Read<ParkedEvent>(document.Body).Position > point.Position ? null : document.Body, cancellationToken);
        await ChangeAsync(shard, IdempotencyRecord.Kind, document =>
            json.Read<IdempotencyRecord>(document.Body).At > point.Time ? null : document.Body, cancellationToken);
    }

    private async Task ChangeAsync(Shard shard, string kind, Func<Document, byte[]?> change, CancellationToken cancellationToken)
    {
        for (string? after = null; ;)
        {
            var page = await shard.Store.QueryAsync(
                new DocumentQuery(kind, PageSize) { After = after, WithEntries = true }, cancellationToken);
            var writes = page.Select(d => (Document: d, Body: change(d))).Where(
                d => d.Body is null || !d.Body.AsSpan().SequenceEqual(d.Document.Body))
                .Select(
                    d => new DocumentWrite(
                        kind, d.Document.Id, null, d.Body, d.Document.Version + 1) { Entries = d.Body is null ? [] : d.Document.Entries })
                .ToList();
            if (writes.Count > 0)
            {
                var commit = new Commit { Id = Id.New(clock, Bucket.Here), Bucket = Bucket.Here, Documents = writes };
                await shard.CommitAsync(commit, cancellationToken);
            }

            if (page.Count < PageSize)
            {
                return;
            }

            after = page[^1].Id;
        }
    }
}
