using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sealing;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Erasure;

/// <summary>Holds one key per person, by which everything that is stored about that person is sealed. Safe from any thread.</summary>
/// <remarks>
/// A key lies in the subject's bucket, wrapped by a key of the deployment; it is made by the first commit that needs it and destroyed by
/// the one that erases the subject. In memory it is kept for a minute at most, and no longer than until this node reads of the
/// erasure in the log. That another node may open something until then harms nothing that is stored: it cannot store anything any more
/// (see <see cref="Subject"/>).
/// </remarks>
public sealed class SubjectKeys(Shards shards, Secrets secrets, StoredJson json, TimeProvider clock) : ICacheInvalidator
{
    internal const string Kind = "kernel.subject-key.v1";

    // Some 1,500 bytes each, most of it the cipher's.
    private const int MaxKnown = 10_000;

    private static readonly TimeSpan _lifetime = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Guid, Known> _known = new();
    private byte[]? _wrapping;
    private long _kept;

    /// <summary>Whether a user is erased.</summary>
    public async ValueTask<bool> IsErasedAsync(Guid subject, CancellationToken cancellationToken) =>
        (await FindAsync(subject, cancellationToken)).IsErased;

    /// <summary>Seals a text that is kept outside of events and documents.</summary>
    /// <param name="subject">Whose it is.</param>
    /// <param name="place">Where it is kept; needed again to open it.</param>
    /// <param name="text">In clear.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="SubjectErasedException">The subject is erased.</exception>
    public async ValueTask<string> SealAsync(Guid subject, string place, string text, CancellationToken cancellationToken)
    {
        var found = await FindAsync(subject, cancellationToken);
        while (found is { Key: null, IsErased: false })
        {
            var (_, made) = await MakeAsync(subject, cancellationToken);
            var (shard, epoch) = shards.RouteOf(Bucket.Of(subject));
            await shard.CommitAsync(CommitOf(subject, epoch, made), cancellationToken);
            found = await FindAsync(subject, cancellationToken);
        }

        return found.Key?.Seal(SealedText.Text, $"text/{place}", Encoding.UTF8.GetBytes(text)) ?? throw new SubjectErasedException();
    }

    /// <summary>Opens a sealed text; one that is not sealed stays as it is, one of an erased user is empty.</summary>
    public async ValueTask<string> OpenAsync(string place, string text, CancellationToken cancellationToken)
    {
        if (!text.StartsWith(SealedText.Mark, StringComparison.Ordinal))
        {
            return text;
        }

        var box = SealedText.Parse(Encoding.UTF8.GetBytes(text));
        return await RequireAsync(box.Subject, cancellationToken) is { } key ? Encoding.UTF8.GetString(key.Open(box, $"text/{place}")) : "";
    }

    /// <summary>Opens the personal fields of events, as every reader of events must first.</summary>
    /// <exception cref="DamagedException">A sealed field is not as it was stored.</exception>
    public async ValueTask<IReadOnlyList<StoredEvent>> OpenAsync(IReadOnlyList<StoredEvent> page, CancellationToken cancellationToken)
    {
        StoredEvent[]? opened = null;
        for (var i = 0; i < page.Count; i++)
        {
            var stored = page[i];
            try
            {
                if (SealedJson.SubjectOf(stored.Data.Span) is { } subject)
                {
                    var key = await RequireAsync(subject, cancellationToken);
                    opened ??= [.. page];
                    opened[i] = stored with { Data = SealedJson.Open(stored.Data.Span, stored.Id, key) };
                }
            }
            catch (Exception e) when (e is JsonException or CryptographicException)
            {
                throw new DamagedException($"Event {stored.Version} of stream {stored.Stream}", e);
            }
        }

        return opened ?? page;
    }

    /// <summary>
    /// Gives events without their personal fields, as if every user were erased: for what is stored unsealed. Needs no keys.
    /// </summary>
    internal static StoredEvent Without(StoredEvent stored) => SealedJson.SubjectOf(stored.Data.Span) is null
        ? stored
        : stored with { Data = SealedJson.Open(stored.Data.Span, stored.Id, key: null) };

    /// <summary>Opens a document; null when its subject is erased, for then there is nothing in it any more.</summary>
    public async ValueTask<Document?> OpenAsync(Document document, CancellationToken cancellationToken)
    {
        if (document.Body is not [(byte)'"', ..] || !SealedText.IsIn(document.Body.AsSpan(1)))
        {
            return document;
        }

        var box = SealedText.Parse(document.Body.AsSpan(1..^1));
        return await RequireAsync(box.Subject, cancellationToken) is { } key
            ? document with { Body = key.Open(box, PlaceOf(document.Kind, document.Id, document.Version)) }
            : null;
    }

    /// <summary>Seals a document; without a key it stays as it is.</summary>
    internal static DocumentWrite Seal(DocumentWrite write, SubjectKey? key) => key is null || write.Body is null
        ? write
        : write with
        {
            Body = Encoding.ASCII.GetBytes(
                $"\"{key.Seal(SealedText.Document, PlaceOf(write.Kind, write.Id, write.Version), write.Body)}\""),
        };

    /// <summary>Makes a key that counts once its document is stored.</summary>
    internal async ValueTask<(SubjectKey Key, DocumentWrite Write)> MakeAsync(Guid subject, CancellationToken cancellationToken)
    {
        var secret = RandomNumberGenerator.GetBytes(SubjectKey.Size);
        var wrapped = Wrap(await WrappingAsync(cancellationToken), subject, secret);
        return (
            new SubjectKey(subject, secret),
            new DocumentWrite(
                Kind, subject.ToString(), Bucket.Of(subject), json.Write(new WrappedKey(wrapped)), 1) { ExpectedVersion = 0 });
    }

    /// <summary>Takes note that a key that was made is stored.</summary>
    /// <param name="made">The key.</param>
    /// <param name="at">Timestamp of when it was made.</param>
    internal void Made(SubjectKey made, long at) => Keep(made.Subject, new Known(made, false, at));

    /// <summary>
    /// Makes the write that destroys a key. What is left says that there was one: a log that is put back to an earlier time must not undo
    /// it.
    /// </summary>
    internal DocumentWrite Destruction(Guid subject) =>
        new(Kind, subject.ToString(), Bucket.Of(subject), json.Write(new WrappedKey([])), 2) { MustVanish = true };

    /// <summary>Forgets a key at once, because its destruction is stored.</summary>
    internal void Forget(Guid subject) => _known[subject] = new Known(null, true, 0);

    /// <inheritdoc />
    public ValueTask EvictAsync(string tag, LogPosition position, CancellationToken cancellationToken)
    {
        if (Subject.ErasedBy(tag) is { } erased)
        {
            Forget(erased);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Lists whose key is destroyed though the log does not say so, because it was put back to an earlier time.</summary>
    public async IAsyncEnumerable<Guid> ErasedBeyondTheLogAsync(Shard shard, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const int PageSize = 500;
        IReadOnlyList<Document>? page = null;
        for (var query = new DocumentQuery(Kind, PageSize); page is not { Count: < PageSize }; query = query with { After = page[^1].Id })
        {
            page = await shard.Store.QueryAsync(query, cancellationToken);
            foreach (var subject in page.Where(d => json.Read<WrappedKey>(d.Body).Key.Length == 0).Select(d => Guid.Parse(d.Id)))
            {
                if (await shard.Store.ReadStreamAsync(Subject.StreamOf(subject), 0, 1, cancellationToken) is { Count: 0 })
                {
                    yield return subject;
                }
            }

            if (page.Count == 0)
            {
                yield break;
            }
        }
    }

    /// <summary>Finds a key. Neither a key nor erased: it was never made.</summary>
    internal async ValueTask<Known> FindAsync(Guid subject, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(subject, out var known) && (known.IsErased || clock.GetElapsedTime(known.At) < _lifetime))
        {
            return known;
        }

        var (store, at) = (shards.Of(Bucket.Of(subject)).Store, clock.GetTimestamp());
        if (await store.FindAsync(Kind, subject.ToString(), cancellationToken) is { } document)
        {
            var wrapped = json.Read<WrappedKey>(document.Body).Key;
            if (wrapped.Length == 0)
            {
                return Keep(subject, new Known(null, true, at));
            }

            var secret = Unwrap(await WrappingAsync(cancellationToken), subject, wrapped);
            return Keep(subject, new Known(new SubjectKey(subject, secret), false, at));
        }

        // Should that document be lost, the stream says it as well.
        return await store.ReadStreamAsync(Subject.StreamOf(subject), 0, 1, cancellationToken) is { Count: > 0 }
            ? Keep(subject, new Known(null, true, at))
            : new Known(null, false, at);
    }

    /// <summary>Finds the key of what is sealed already; null when the subject is erased.</summary>
    /// <exception cref="InvalidOperationException">The key is missing without an erasure: something was lost.</exception>
    private async ValueTask<SubjectKey?> RequireAsync(Guid subject, CancellationToken cancellationToken) =>
        await FindAsync(subject, cancellationToken) switch
    {
        { Key: { } key } => key,
        { IsErased: true } => null,
        _ => throw new InvalidOperationException($"The key of subject {subject} is missing, and the subject is not erased."),
    };

    private Known Keep(Guid subject, Known found)
    {
        // Counted here: the dictionary would lock itself for it.
        if (Interlocked.Increment(ref _kept) % MaxKnown == 0)
        {
            _known.Clear();
        }

        // A key that was read while its destruction was being stored must not come back.
        return _known.AddOrUpdate(subject, found, (_, former) => former.IsErased ? former : found);
    }

    private async ValueTask<byte[]> WrappingAsync(CancellationToken cancellationToken)
    {
        if (_wrapping is null)
        {
            await secrets.OpenAsync(cancellationToken);
            _wrapping = secrets.Derive("subject-keys");
        }

        return _wrapping;
    }

    private Commit CommitOf(Guid subject, long epoch, DocumentWrite made) => new()
    {
        Id = Id.New(clock, Bucket.Of(subject)),
        Bucket = Bucket.Of(subject),
        Epoch = epoch,
        Checks = [new StreamCheck(Subject.StreamOf(subject), 0)],
        Documents = [made],
    };

    private static string PlaceOf(string kind, string id, long version) => $"document/{kind}/{id}/{version}";

    private static byte[] Wrap(byte[] wrapping, Guid subject, byte[] secret)
    {
        var box = new byte[12 + 16 + secret.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, 12));
        using var aes = new AesGcm(wrapping, 16);
        aes.Encrypt(box.AsSpan(0, 12), secret, box.AsSpan(28), box.AsSpan(12, 16), subject.ToByteArray());
        return box;
    }

    private static byte[] Unwrap(byte[] wrapping, Guid subject, byte[] box)
    {
        var secret = new byte[box.Length - 28];
        using var aes = new AesGcm(wrapping, 16);
        aes.Decrypt(box.AsSpan(0, 12), box.AsSpan(28), box.AsSpan(12, 16), secret, subject.ToByteArray());
        return secret;
    }

    /// <param name="Key">Null when it is destroyed or was never made.</param>
    /// <param name="IsErased">Whether it is destroyed.</param>
    /// <param name="At">Timestamp of when it was looked up.</param>
    internal sealed record Known(SubjectKey? Key, bool IsErased, long At);
}

/// <param name="Key">Nonce, tag and the encrypted 32 bytes; empty once it is destroyed.</param>
internal sealed record WrappedKey(byte[] Key)
{
    public override string ToString() => nameof(WrappedKey);
}
