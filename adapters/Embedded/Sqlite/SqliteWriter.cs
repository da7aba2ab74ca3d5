namespace Monolith.Adapters.Embedded;

/// <summary>The only one who writes. Used on the writer's thread.</summary>
internal sealed class SqliteWriter : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly EventWriter _events;
    private readonly DocumentWriter _documents;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private long _epoch;
    private bool _mustTruncate;

    /// <param name="connection">With the schema in place; disposed of with this.</param>
    public SqliteWriter(SqliteConnection connection)
    {
        _connection = connection;
        (_events, _documents, Messages) = (new(connection), new(connection), new(connection));

        // Immediate: the write lock is there before the first check, so that nothing that was checked can move before it is written.
        (_begin, _commit) = (connection.Prepare("begin immediate"), connection.Prepare("commit"));

        using var rows = connection.Prepare("select epoch from shard").Query();
        rows.Next();
        _epoch = rows.Number(0);
    }

    /// <summary>For taking messages; inside <see cref="Transact"/>.</summary>
    public MessageWriter Messages { get; }

    /// <summary>Writes a batch in one transaction.</summary>
    public IReadOnlyList<CommitOutcome> Write(IReadOnlyList<Commit> batch)
    {
        var written = Transact(() =>
        {
            _events.Begin();
            var outcomes = new CommitOutcome[batch.Count];
            for (var i = 0; i < outcomes.Length; i++)
            {
                outcomes[i] = Write(batch[i]);
            }

            return outcomes;
        });
        if (_mustTruncate)
        {
            TruncateLog();
        }

        return written;
    }

    /// <summary>Stores events of another log in one transaction.</summary>
    /// <returns>How many of them were not there yet.</returns>
    public int Import(IReadOnlyList<StoredEvent> events) => Transact(() =>
    {
        _events.Begin();
        return _events.Import(events);
    });

    /// <summary>Refuses commits of other epochs from now on.</summary>
    public void Fence(long epoch) => _epoch = Transact(() =>
    {
        _connection.Prepare("update shard set epoch = ?1").Run(epoch);
        return epoch;
    });

    /// <summary>Runs something that is stored whole or not at all.</summary>
    public T Transact<T>(Func<T> work)
    {
        try
        {
            _begin.Run();
            var result = work();
            _commit.Run();
            _events.Committed();
            return result;
        }
        catch
        {
            _events.RollBack();
            if (_connection.IsInTransaction)
            {
                _connection.Execute("rollback");
            }

            throw;
        }
    }

    /// <summary>Tells the last position before the first event that is later than a time.</summary>
    public long PositionAt(DateTimeOffset time) => SqliteRewind.PositionAt(_connection, time);

    /// <summary>Forgets every event after a position, and every message; inside <see cref="Transact"/>.</summary>
    public void Rewind(long position) => SqliteRewind.Run(_connection, position);

    /// <inheritdoc />
    public void Dispose() => _connection.Dispose();

    // The file is overwritten already; the write-ahead log still holds the pages as they were. A reader can be in the way: then the next
    // batch tries again, and closing the file does it at the latest.
    private void TruncateLog()
    {
        _connection.Execute("pragma busy_timeout = 50");
        try
        {
            using var rows = _connection.Prepare("pragma wal_checkpoint(truncate)").Query();
            _mustTruncate = rows.Next() && rows.Number(0) != 0;
        }
        catch (Exception e) when (e is SqliteException or StoreUnavailableException)
        {
            // The batch is on disk, so this is no failure of it.
        }
        finally
        {
            _connection.Execute(SqliteConnection.BusyTimeout);
        }
    }

    // Everything is checked before anything is written: a conflict then leaves nothing, and no savepoint is needed to undo it.
    private CommitOutcome Write(Commit commit)
    {
        if (!commit.Bucket.IsHere && commit.Epoch != _epoch)
        {
            return new Conflict(ConflictKind.Epoch, "shard map", _epoch);
        }

        var refusal = _events.Check(commit) ?? _documents.Check(commit.Documents) ?? Messages.Check(commit.Messages)
            ?? _events.CheckIds(commit);
        if (refusal is not null)
        {
            return refusal;
        }

        _events.Write(commit.Appends);
        _documents.Write();
        _mustTruncate |= commit.Documents.Any(d => d.MustVanish);
        Messages.Write(commit.Messages);
        return new Committed(_events.Head);
    }
}
