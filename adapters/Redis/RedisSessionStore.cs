using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Adapters.Redis;

/// <summary>
/// Answers from Redis which session a token belongs to. The record is kept by another store, which is asked when Redis does not know or is
/// unavailable.
/// </summary>
/// <remarks>
/// A copy carries the position of the log at which it was begun to be read, and every change moves its stamp above the head of the log that
/// was there after the change: so whatever was read before is not found, on any node. A node trusts no copy from before it connected.
/// </remarks>
internal sealed class RedisSessionStore : ISessionStore, ICacheInvalidator
{
    // How long a copy may answer in the worst case, when everything that should have dropped it failed.
    private static readonly TimeSpan _lifetime = TimeSpan.FromMinutes(1);

    private readonly ISessionStore _record;
    private readonly RedisCache _copies;
    private readonly Shards _shards;
    private readonly TimeProvider _clock;

    /// <param name="record">Keeps the sessions.</param>
    /// <param name="copies">Keeps copies of them; of nothing else.</param>
    /// <param name="link">The way to the servers.</param>
    /// <param name="shards">Tell how far the logs are.</param>
    /// <param name="clock">Tells what ran out.</param>
    public RedisSessionStore(ISessionStore record, RedisCache copies, RedisLink link, Shards shards, TimeProvider clock)
    {
        (_record, _copies, _shards, _clock) = (record, copies, shards, clock);
        link.Returning = DistrustAsync;
    }

    /// <inheritdoc />
    public async ValueTask<SessionRecord?> FindAsync(Bucket home, string tokenHash, CancellationToken cancellationToken)
    {
        if (await _copies.GetAsync(tokenHash, cancellationToken) is { } copy && Read(copy) is { } known)
        {
            return known.ExpiresAt > _clock.GetUtcNow() ? known : null;
        }

        var shard = _shards.Of(home);
        var position = shard.Last; // before it is read
        var session = await _record.FindAsync(home, tokenHash, cancellationToken);
        if (session is not null && session.ExpiresAt - _clock.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            var entry = new CacheEntry(Write(session), position, [session.Id.ToString()]);
            await _copies.SetAsync(tokenHash, entry, left < _lifetime ? left : _lifetime, cancellationToken);
        }

        return session;
    }

    /// <inheritdoc />
    public async ValueTask PutAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        await _record.PutAsync(session, cancellationToken);
        await OutdateAsync(session.UserId, session.Id);
    }

    /// <inheritdoc />
    public async ValueTask TouchAsync(SessionRecord session, DateTimeOffset lastSeenAt, CancellationToken cancellationToken)
    {
        await _record.TouchAsync(session, lastSeenAt, cancellationToken);

        // One that is being made may bring the former time back, for a minute.
        await _copies.RemoveAsync(session.BearerHash, cancellationToken);
        await _copies.RemoveAsync(session.CookieHash, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask RemoveAsync(Guid userId, Guid sessionId, CancellationToken cancellationToken)
    {
        await _record.RemoveAsync(userId, sessionId, cancellationToken);
        await OutdateAsync(userId, sessionId);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<SessionRecord>> ListAsync(Guid userId, CancellationToken cancellationToken) =>
        _record.ListAsync(userId, cancellationToken);

    /// <summary>Drops the copies of a session whose beginning or end was found in the log: another node may have been unable to.</summary>
    public ValueTask EvictAsync(string tag, LogPosition position, CancellationToken cancellationToken) =>
        tag.StartsWith(SessionRecord.Category + "-", StringComparison.Ordinal)
            ? _copies.EvictAsync(tag[(SessionRecord.Category.Length + 1)..], position, cancellationToken)
            : default;

    // Not cancelled: the record has changed already.
    private async ValueTask OutdateAsync(Guid userId, Guid sessionId)
    {
        var shard = _shards.Of(Bucket.Of(userId));
        await _copies.EvictAsync(sessionId.ToString(), await AboveHeadAsync(shard, CancellationToken.None), CancellationToken.None);
    }

    private async ValueTask DistrustAsync(CancellationToken cancellationToken)
    {
        foreach (var shard in _shards.All)
        {
            _copies.Distrust(await AboveHeadAsync(shard, cancellationToken));
        }
    }

    private static async ValueTask<LogPosition> AboveHeadAsync(Shard shard, CancellationToken cancellationToken) =>
        new(shard.Log, await shard.Store.HeadAsync(cancellationToken) + 1);

    private static byte[] Write(SessionRecord session) =>
        JsonSerializer.SerializeToUtf8Bytes(session, SessionCopyJson.Default.SessionRecord);

    // Null for what another version of this program has written; then the record is asked.
    private static SessionRecord? Read(CacheEntry copy)
    {
        try
        {
            return JsonSerializer.Deserialize(copy.Value, SessionCopyJson.Default.SessionRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SessionRecord))]
internal sealed partial class SessionCopyJson : JsonSerializerContext;
