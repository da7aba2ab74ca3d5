using System.Collections.Concurrent;

namespace Monolith.Adapters.Embedded;

/// <summary>Keeps readers open between reads; makes one more whenever all are in use.</summary>
internal sealed class ReaderPool(string path) : IDisposable
{
    // Reads take microseconds and run on the caller's thread: there are seldom more at a time than there are threads to run them.
    private static readonly int _maxIdle = 4 * Environment.ProcessorCount;

    private readonly ConcurrentQueue<SqliteReader> _idle = new();
    private volatile bool _isClosed;

    /// <summary>Reads something.</summary>
    public T Read<T, TArgument>(TArgument argument, Func<SqliteReader, TArgument, T> read)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        var reader = _idle.TryDequeue(out var idle) ? idle : new SqliteReader(new SqliteConnection(path, isReadOnly: true));
        try
        {
            return read(reader, argument);
        }
        finally
        {
            GiveBack(reader);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _isClosed = true;
        while (_idle.TryDequeue(out var reader))
        {
            reader.Dispose();
        }
    }

    private void GiveBack(SqliteReader reader)
    {
        if (_idle.Count >= _maxIdle)
        {
            reader.Dispose();
            return;
        }

        _idle.Enqueue(reader);
        if (_isClosed)
        {
            // Closed while this reader was out: it must close itself.
            Dispose();
        }
    }
}
