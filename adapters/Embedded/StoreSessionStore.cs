using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Adapters.Embedded;

/// <summary>Keeps sessions as documents of the store, in the bucket of their user. Reading never writes.</summary>
/// <remarks>
/// What has run out is deleted when the same user starts another session.
/// </remarks>
internal sealed class StoreSessionStore(Shards shards, TimeProvider clock) : ISessionStore
{
    internal const string Kind = "sessions.session.v1";
    private const int Page = 100;

    /// <inheritdoc />
    public async ValueTask<SessionRecord?> FindAsync(Bucket home, string tokenHash, CancellationToken cancellationToken)
    {
        var query = new DocumentQuery(Kind, Limit: 1) { Entry = OfToken(tokenHash) };
        return (await shards.Of(home).Store.QueryAsync(query, cancellationToken)).Select(Read).FirstOrDefault(IsValid);
    }

    /// <inheritdoc />
    public async ValueTask PutAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        await ChangeAsync(session.UserId, session.Id, Decide, cancellationToken);

        async Task<IReadOnlyList<DocumentWrite>> Decide(Shard shard, Document? stored)
        {
            var put = Write(session, stored);
            return stored is null ? [put, .. await DeletionsAsync(shard, session, cancellationToken)] : [put];
        }
    }

    /// <inheritdoc />
    public async ValueTask TouchAsync(SessionRecord session, DateTimeOffset lastSeenAt, CancellationToken cancellationToken)
    {
        await ChangeAsync(session.UserId, session.Id, Decide, cancellationToken);

        Task<IReadOnlyList<DocumentWrite>> Decide(Shard shard, Document? stored) =>
            Task.FromResult<IReadOnlyList<DocumentWrite>>(
                stored is null ? [] : [Write(Read(stored) with { LastSeenAt = lastSeenAt }, stored)]);
    }

    /// <inheritdoc />
    public async ValueTask RemoveAsync(Guid userId, Guid sessionId, CancellationToken cancellationToken)
    {
        await ChangeAsync(userId, sessionId, Decide, cancellationToken);

        Task<IReadOnlyList<DocumentWrite>> Decide(Shard shard, Document? stored) =>
            Task.FromResult<IReadOnlyList<DocumentWrite>>(
                stored is not null && Read(stored).UserId == userId ? [Delete(stored, userId)] : []);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<SessionRecord>> ListAsync(Guid userId, CancellationToken cancellationToken)
    {
        var sessions = new List<SessionRecord>();
        IReadOnlyList<Document> documents;
        string? after = null;
        do
        {
            var query = new DocumentQuery(Kind, Page) { Entry = OfUser(userId), IsDescending = true, After = after };
            documents = await shards.Of(Bucket.Of(userId)).Store.QueryAsync(query, cancellationToken);
            sessions.AddRange(documents.Select(Read).Where(IsValid));
            after = documents.Count > 0 ? documents[^1].Id : null;
        }
        while (documents.Count == Page);

        return sessions;
    }

    private static IndexEntry OfToken(string hash) => new("token", hash, IsUnique: true);

    private static IndexEntry OfUser(Guid userId) => new("user", userId.ToString());

    private static SessionRecord Read(Document document) =>
        JsonSerializer.Deserialize(document.Body, SessionJson.Default.SessionRecord)
        ?? throw new JsonException($"the body of session {document.Id} is null");

    private static DocumentWrite Write(SessionRecord session, Document? stored) =>
        new(Kind, session.Id.ToString(), Bucket.Of(session.UserId), ToJson(session), (stored?.Version ?? 0) + 1)
        {
            ExpectedVersion = stored?.Version ?? 0,
            Entries = [OfToken(session.BearerHash), OfToken(session.CookieHash), OfUser(session.UserId)],
        };

    private static DocumentWrite Delete(Document stored, Guid userId) =>
        new(Kind, stored.Id, Bucket.Of(userId), null, stored.Version + 1) { ExpectedVersion = stored.Version };

    private static byte[] ToJson(SessionRecord session) => JsonSerializer.SerializeToUtf8Bytes(session, SessionJson.Default.SessionRecord);

    private bool IsValid(SessionRecord session) => !HasRunOut(session);

    private bool HasRunOut(SessionRecord session) => session.ExpiresAt <= clock.GetUtcNow();

    // The oldest ones, which is where those that ran out are.
    private async Task<IEnumerable<DocumentWrite>> DeletionsAsync(Shard shard, SessionRecord started, CancellationToken cancellationToken)
    {
        var documents = await shard.Store.QueryAsync(new DocumentQuery(Kind, Page) { Entry = OfUser(started.UserId) }, cancellationToken);
        return documents.Where(d => HasRunOut(Read(d))).Select(d => Delete(d, started.UserId));
    }

    // Decides again on what is stored now after a conflict; each round one commit succeeds, so it ends.
    private async Task ChangeAsync(
        Guid userId, Guid sessionId, Func<Shard, Document?, Task<IReadOnlyList<DocumentWrite>>> decide, CancellationToken cancellationToken)
    {
        var bucket = Bucket.Of(userId);
        while (true)
        {
            var (shard, epoch) = shards.RouteOf(bucket);
            var stored = await shard.Store.FindAsync(Kind, sessionId.ToString(), cancellationToken);
            var writes = await decide(shard, stored);
            if (writes.Count == 0)
            {
                return;
            }

            var commit = new Commit { Id = Id.New(clock, bucket), Bucket = bucket, Epoch = epoch, Documents = writes };
            switch (await shard.CommitAsync(commit, cancellationToken))
            {
                case Committed:
                    return;
                case Conflict { Kind: ConflictKind.Document }:
                    continue;
                case Conflict conflict:
                    throw new InvalidOperationException($"session {sessionId} cannot be kept: {conflict.Kind} conflict");
            }
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SessionRecord))]
internal sealed partial class SessionJson : JsonSerializerContext;
