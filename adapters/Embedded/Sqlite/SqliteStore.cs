namespace Monolith.Adapters.Embedded;

/// <summary>A shard in one SQLite file: one writer on its own thread, readers on the threads of their callers.</summary>
internal sealed class SqliteStore(string path, TimeProvider clock, DiskSpace? disk = null)
    : ITransferStore, IFileStore, ISingleWriterStore, IAsyncDisposable, IDisposable
{
    // full: a commit is on disk when it returns, also when the power fails; on macOS that takes fullfsync, which does nothing elsewhere
    // (sqlite.org/pragma.html#pragma_fullfsync). The write-ahead log is folded into the file at 4,000 pages (16 MB): seldom enough to be
    // cheap, often enough to stay short. Temporary files would need a directory that we may write. What is deleted is overwritten with
    // zeros: a key that was destroyed must not be found in the file.
    private const string Settings = """
        pragma synchronous = full; pragma fullfsync = on; pragma checkpoint_fullfsync = on;
        pragma wal_autocheckpoint = 4000; pragma journal_size_limit = 67108864;
        pragma cache_size = -65536; pragma temp_store = memory; pragma secure_delete = on;
        """;

    private readonly WorkerThread _thread = new("SQLite writer");
    private readonly ReaderPool _readers = new(path);
    private FileStream? _lock;
    private SqliteWriter? _writer;
    private bool _isDisposed;

    /// <summary>The lock on the file sees to it.</summary>
    public bool IsExclusive => true;

    /// <inheritdoc />
    public ValueTask OpenAsync(CancellationToken cancellationToken) => new(_thread.RunAsync(Open).WaitAsync(cancellationToken));

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<CommitOutcome>> CommitAsync(IReadOnlyList<Commit> batch, CancellationToken cancellationToken) =>
        WriteAsync(writer => Write(writer, batch), cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<CommitOutcome>> CommitInTurnAsync(IReadOnlyList<Commit> batch)
    {
        var writer = Writer;
        return new(_thread.RunAsync(() => Write(writer, batch), continuesHere: true));
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredEvent>> ReadStreamAsync(
        StreamId stream, long afterVersion, int limit, CancellationToken cancellationToken) => Read(
        (stream.Name, afterVersion, limit),
        static IReadOnlyList<StoredEvent> (reader, a) => reader.Stream(a.Name, a.afterVersion, a.limit),
        cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StreamHead>> ReadStreamHeadsAsync(
        string afterName, int limit, CancellationToken cancellationToken) => Read(
        (afterName, limit), static IReadOnlyList<StreamHead> (reader, a) => reader.StreamHeads(a.afterName, a.limit), cancellationToken);

    /// <inheritdoc />
    public ValueTask<LogPage> ReadLogAsync(
        long afterPosition, int limit, IReadOnlyCollection<string>? types, CancellationToken cancellationToken) =>
        Read((afterPosition, limit, types), static (reader, a) => reader.Log(a.afterPosition, a.limit, a.types), cancellationToken);

    /// <inheritdoc />
    public ValueTask<long> HeadAsync(CancellationToken cancellationToken) =>
        Read(0, static (reader, _) => reader.Head(), cancellationToken);

    /// <inheritdoc />
    public ValueTask<Document?> FindAsync(string kind, string id, CancellationToken cancellationToken) =>
        Read((kind, id), static (reader, a) => reader.Document(a.kind, a.id), cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Document>> QueryAsync(DocumentQuery query, CancellationToken cancellationToken) =>
        Read(query, static IReadOnlyList<Document> (reader, q) => reader.Documents(q), cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<TakenMessage>> TakeAsync(TakeMessages request, CancellationToken cancellationToken) =>
        IfDueAsync(request.Kinds, (writer, now) => writer.Messages.Take(request, now), cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<ReservedMessage>> ReserveAsync(ReserveMessages request, CancellationToken cancellationToken) =>
        IfDueAsync(request.Kinds, (writer, now) => writer.Messages.Reserve(request, now), cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<TakenMessage>> ClaimAsync(ClaimMessages request, CancellationToken cancellationToken)
    {
        disk?.RequireRoom();
        return WriteAsync(writer => writer.Transact(() => writer.Messages.Claim(request, clock.GetUtcNow())), cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<bool> ExtendAsync(TakenMessage message, TimeSpan lease, CancellationToken cancellationToken) =>
        WriteAsync(writer => writer.Transact(() => writer.Messages.Extend(message, clock.GetUtcNow() + lease)), cancellationToken);

    /// <inheritdoc />
    public ValueTask<int> ReleaseAllAsync(string owner, CancellationToken cancellationToken) =>
        WriteAsync(writer => writer.Transact(() => writer.Messages.Release(owner, clock.GetUtcNow())), cancellationToken);

    /// <inheritdoc />
    public ValueTask<DateTimeOffset?> NextDueAsync(IReadOnlyCollection<string> kinds, CancellationToken cancellationToken) =>
        Read(kinds, static (reader, k) => reader.NextDue(k), cancellationToken);

    /// <inheritdoc />
    public ValueTask<int> CountDueAsync(string kind, int limit, CancellationToken cancellationToken) =>
        Read((kind, Now: clock.GetUtcNow(), limit), static (reader, a) => reader.CountDue(a.kind, a.Now, a.limit), cancellationToken);

    /// <inheritdoc />
    public async ValueTask ImportAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
    {
        disk?.RequireRoom();
        await WriteAsync(writer => writer.Import(events), cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<DocumentWrite>> ReadDocumentsAsync(
        string afterKind, string afterId, int limit, CancellationToken cancellationToken) => Read(
        (afterKind, afterId, limit),
        static IReadOnlyList<DocumentWrite> (reader, a) => reader.Transfer.Documents(a.afterKind, a.afterId, a.limit),
        cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<DocumentWrite>> ReadDocumentsAsync(
        IReadOnlyList<(string Kind, string Id)> which, CancellationToken cancellationToken) =>
        Read(which, static IReadOnlyList<DocumentWrite> (reader, w) => reader.Transfer.Documents(w), cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredMessage>> ReadMessagesAsync(Guid after, int limit, CancellationToken cancellationToken) =>
        Read(
            (after, limit), static IReadOnlyList<StoredMessage> (reader, a) => reader.Transfer.Messages(a.after, a.limit),
            cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredMessage>> ReadMessagesAsync(IReadOnlyList<Guid> which, CancellationToken cancellationToken) =>
        Read(which, static IReadOnlyList<StoredMessage> (reader, w) => reader.Transfer.Messages(w), cancellationToken);

    /// <inheritdoc />
    public async ValueTask WriteMessagesAsync(
        IReadOnlyList<StoredMessage> present, IReadOnlyList<Guid> gone, CancellationToken cancellationToken) =>
        await WriteAsync(writer => writer.Transact(() => writer.Messages.Mirror(present, gone)), cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StreamHead>> ReadHeadsAsync(IReadOnlyList<StreamId> which, CancellationToken cancellationToken) =>
        Read(which, static IReadOnlyList<StreamHead> (reader, w) => reader.Transfer.Heads(w), cancellationToken);

    /// <inheritdoc />
    public async ValueTask FenceAsync(long epoch, CancellationToken cancellationToken) =>
        await WriteAsync(
            writer =>
            {
                writer.Fence(epoch);
                return epoch;
            },
            cancellationToken);

    /// <inheritdoc />
    public string Staging => SqliteFile.StagingOf(path);

    /// <inheritdoc />
    public ValueTask<long> PositionAtAsync(DateTimeOffset time, CancellationToken cancellationToken) =>
        WriteAsync(writer => writer.PositionAt(time), cancellationToken);

    /// <inheritdoc />
    public ValueTask RewindAsync(long position, CancellationToken cancellationToken) => new(WriteAsync(
        writer => writer.Transact(() =>
        {
            writer.Rewind(position);
            return true;
        }),
        cancellationToken).AsTask());

    /// <inheritdoc />
    public bool Exists => SqliteCopy.Exists(path);

    /// <inheritdoc />
    public ValueTask OpenForReadingAsync(CancellationToken cancellationToken)
    {
        // Readers open by themselves; they only need to know that they will understand what they read.
        SqliteCopy.RequireReadable(path);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<StoreCounts> CopyToAsync(string copy, CancellationToken cancellationToken) =>
        new(Task.Run(() => SqliteCopy.Copy(path, copy, cancellationToken), cancellationToken));

    /// <inheritdoc />
    public ValueTask RestoreAsync(string copy, CancellationToken cancellationToken) =>
        new(SqliteCopy.RestoreAsync(copy, path, cancellationToken));

    /// <summary>Lets what is queued be written, then closes the file, which folds the write-ahead log into it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        _thread.Dispose();
        _readers.Dispose();
        _writer?.Dispose();
        _lock?.Dispose();
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private SqliteWriter Writer => _writer ?? throw new InvalidOperationException("The store is not open.");

    private IReadOnlyList<CommitOutcome> Write(SqliteWriter writer, IReadOnlyList<Commit> batch)
    {
        disk?.RequireRoom();
        return writer.Write(batch);
    }

    private SqliteWriter Open()
    {
        var held = SqliteFile.Lock(path);
        SqliteConnection? connection = null;
        try
        {
            connection = new SqliteConnection(path, isReadOnly: false);
            RequireWriteAheadLog(connection);
            connection.Execute(Settings);
            SqliteSchema.Ensure(connection, path);

            // What a killed process left there may be what it had been asked to destroy.
            connection.Execute("pragma wal_checkpoint(truncate)");
            _writer = new SqliteWriter(connection);
            _lock = held;
            return _writer;
        }
        catch (Exception e)
        {
            connection?.Dispose();
            held.Dispose();
            if (e is SqliteException or DamagedException)
            {
                throw new ConfigurationException([
                    $"{path} is damaged or no database ({e.Message}); restore it from a backup, or configure another path."]);
            }

            throw;
        }
    }

    private void RequireWriteAheadLog(SqliteConnection connection)
    {
        using var rows = connection.Prepare("pragma journal_mode = wal").Query();
        rows.Next();
        if (rows.Text(0) != "wal")
        {
            // It needs memory shared between connections, and without it readers and the writer would wait for each other.
            throw new ConfigurationException([$"{path} does not lie on a local disk; configure a path on one."]);
        }
    }

    private async ValueTask<IReadOnlyList<T>> IfDueAsync<T>(
        IReadOnlyCollection<string> kinds, Func<SqliteWriter, DateTimeOffset, IReadOnlyList<T>> write, CancellationToken cancellationToken)
    {
        // Most looks find nothing; those must not hold up the writer.
        var now = clock.GetUtcNow();
        if (await NextDueAsync(kinds, cancellationToken) is not { } due || due > now)
        {
            return [];
        }

        // What is taken now could not record its end: an attempt for nothing.
        disk?.RequireRoom();
        return await WriteAsync(writer => writer.Transact(() => write(writer, now)), cancellationToken);
    }

    private async ValueTask<T> WriteAsync<T>(Func<SqliteWriter, T> write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var writer = Writer;
        return await _thread.RunAsync(() => write(writer)).WaitAsync(cancellationToken);
    }

    private ValueTask<T> Read<TArgument, T>(TArgument argument, Func<SqliteReader, TArgument, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(_readers.Read(argument, read));
    }
}
