using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Erasure;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sealing;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Telemetry;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Commits;

/// <summary>Loads aggregates and turns what they decided into what a commit holds.</summary>
public sealed partial class Aggregates(
    Shards shards, EventCatalog events, SubjectKeys keys, StoredJson json, IEnumerable<IProjection> projections, StateMemory memory,
    TimeProvider clock, ILogger<Aggregates> log)
{
    private const int PageSize = 500;

    private readonly ILookup<string, IProjection> _projections = projections.ToLookup(p => p.Category, StringComparer.Ordinal);

    /// <summary>Loads the state and its version: from the state document, or from the stream where that is missing or damaged.</summary>
    /// <exception cref="DamagedException">The stream is damaged as well.</exception>
    public async ValueTask<(T State, long Version)> LoadAsync<T>(StreamId stream, CancellationToken cancellationToken)
        where T : class, IAggregate<T>
    {
        if (await FindAsync(T.Kind, stream, cancellationToken) is { } document)
        {
            try
            {
                return (json.Read<T>(document.Body), document.Version);
            }
            catch (JsonException)
            {
                // The next commit to the stream writes it again, as does `rebuild`.
                LogDamaged(T.Kind, stream.Key);
            }
        }

        var history = await ReadAsync(stream, cancellationToken);
        return (history.Aggregate(T.Initial, (state, @event) => state.Apply(@event)), history.Count);
    }

    /// <summary>Loads the state, and remembers it for the next time.</summary>
    /// <exception cref="DamagedException">The stream is damaged.</exception>
    internal async ValueTask<RememberedState> RememberAsync<T>(StreamId stream, CancellationToken cancellationToken)
        where T : class, IAggregate<T>
    {
        // Both before the read: it shows all that was stored until then.
        var (begun, at) = (memory.BeginRead(stream), shards.Of(stream.Bucket).Last);
        var (state, version) = await LoadAsync<T>(stream, cancellationToken);
        var size = RememberedState.SizeOf(stream.Name, json.Write(state).Length, views: 0);
        var read = new RememberedState(version, state, version > 0 ? T.SubjectOf(stream, state) : null, size) { At = at };
        memory.EndRead(begun, read);
        return read;
    }

    internal DocumentWrite StateOf(ILoaded loaded) => loaded.StateDocument(json);

    /// <param name="loaded">What was decided.</param>
    /// <param name="key">Seals what is personal; null when nothing is, or nothing may be any more.</param>
    /// <param name="at">When.</param>
    /// <param name="actor">Who; null when that is unknown.</param>
    /// <param name="first">The first event of the commit; null where this stream has it.</param>
    /// <exception cref="SubjectErasedException">There is something to seal, and no key.</exception>
    internal Append AppendOf(ILoaded loaded, SubjectKey? key, DateTimeOffset at, Guid? actor, Guid? first)
    {
        var appended = new NewEvent[loaded.Events.Count];
        var (begun, meta) = (first, EventMeta.Write(actor, first));
        for (var i = 0; i < appended.Length; i++)
        {
            var (decided, id) = (loaded.Events[i], Id.New(clock, loaded.Stream.Bucket));
            appended[i] = new NewEvent(id, events.NameOf(decided.GetType()), Write(decided, id, key), at, meta);
            if (begun is null && appended.Length > 1)
            {
                (begun, meta) = (id, EventMeta.Write(actor, id));
            }
        }

        return new Append(loaded.Stream, loaded.Version, appended);
    }

    private byte[] Write(object @event, Guid id, SubjectKey? key)
    {
        var data = events.Write(@event);
        return PersonalFields.Of(@event.GetType()) is { Count: > 0 } personal
            ? SealedJson.Seal(data, personal, id, key ?? throw new SubjectErasedException())
            : data;
    }

    /// <summary>
    /// Folds what was decided into the views of the aggregate. A view that is missing or behind is rebuilt from the stream.
    /// </summary>
    /// <param name="loaded">What was decided.</param>
    /// <param name="known">The bodies of its views at the version that was loaded; null when they must be read.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ConflictException">
    /// A view is ahead of what was loaded: the stream moved meanwhile, so the commit could only be refused.
    /// </exception>
    internal async ValueTask<IReadOnlyList<DocumentWrite>> ViewsOfAsync(
        ILoaded loaded, IReadOnlyDictionary<string, byte[]?>? known, CancellationToken cancellationToken)
    {
        var writes = new List<DocumentWrite>();
        foreach (var projection in _projections[loaded.Stream.Category.ToString()])
        {
            // One that is not there may have been, and come back by the whole history only.
            if (known?.TryGetValue(projection.Kind, out var former) is true && former is not null)
            {
                writes.Add(ViewOf(loaded, projection, former, loaded.Events));
                continue;
            }

            var stored = loaded.Version == 0
                ? null
                : await FindAsync(projection.Kind, loaded.Stream, cancellationToken);
            if (stored?.Version > loaded.Version)
            {
                memory.Seen(loaded.Stream, stored.Version);
                throw Refused(new Conflict(ConflictKind.Stream, loaded.Stream.Name, stored.Version));
            }

            var isCurrent = stored?.Version == loaded.Version && StoredJson.IsWhole(stored.Body);
            IEnumerable<object> fold = isCurrent || loaded.Version == 0
                ? loaded.Events
                : [.. await ReadAsync(loaded.Stream, cancellationToken), .. loaded.Events];
            writes.Add(ViewOf(loaded, projection, isCurrent ? stored!.Body : null, fold)); // see above
        }

        return writes;
    }

    private DocumentWrite ViewOf(ILoaded loaded, IProjection projection, byte[]? former, IEnumerable<object> fold)
    {
        var (body, entries) = projection.Fold(json, former, fold);
        return new DocumentWrite(
            projection.Kind, loaded.Stream.Key, loaded.Stream.Bucket, body, loaded.Version + loaded.Events.Count) { Entries = entries };
    }

    private static ConflictException Refused(Conflict conflict)
    {
        Meters.Conflicts.Add(1, new KeyValuePair<string, object?>("kind", conflict.Kind.ToString()));
        return new ConflictException(conflict);
    }

    // A document of an erased user counts as missing, and is rebuilt from what is left of the stream.
    private async ValueTask<Document?> FindAsync(string kind, StreamId stream, CancellationToken cancellationToken) =>
        await shards.Of(stream.Bucket).Store.FindAsync(kind, stream.Key, cancellationToken) is { } document
            ? await OpenAsync(document, cancellationToken)
            : null;

    private async ValueTask<Document?> OpenAsync(Document document, CancellationToken cancellationToken)
    {
        try
        {
            return await keys.OpenAsync(document, cancellationToken);
        }
        catch (CryptographicException)
        {
            LogDamaged(document.Kind, document.Id);
            return null;
        }
    }

    private async ValueTask<List<object>> ReadAsync(StreamId stream, CancellationToken cancellationToken)
    {
        var history = new List<object>();
        while (true)
        {
            var page = await shards.Of(stream.Bucket).Store.ReadStreamAsync(stream, history.Count, PageSize, cancellationToken);
            history.AddRange((await keys.OpenAsync(page, cancellationToken)).Select(Read));
            if (page.Count < PageSize)
            {
                return history;
            }
        }
    }

    private object Read(StoredEvent stored)
    {
        try
        {
            return events.Read(stored);
        }
        catch (JsonException e)
        {
            throw new DamagedException($"Event {stored.Version} of stream {stored.Stream}", e);
        }
    }

    [LoggerMessage(LogLevel.Error, "Document {Kind}/{Id} is damaged; its stream is read instead")]
    private partial void LogDamaged(string kind, string id);
}
