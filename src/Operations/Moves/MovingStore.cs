namespace Monolith.Operations.Moves;

/// <summary>Serves from one store while all of it is copied to another, and from the other after the switch.</summary>
/// <remarks>
/// Notes what was changed besides events, which the log tells by itself. Writes wait while the switch is made; reads do not.
/// </remarks>
internal sealed class MovingStore : IStore, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Func<MovingStore, CancellationToken, ValueTask> _prepare;
    private ITransferStore _now;
    private Changes _changes = new();
    private TaskCompletionSource? _reopened;
    private TaskCompletionSource? _emptied;
    private int _inside;

    /// <param name="source">Serves first.</param>
    /// <param name="target">Serves after the switch.</param>
    /// <param name="prepare">Called when both are open, before anything is read or written.</param>
    public MovingStore(ITransferStore source, ITransferStore target, Func<MovingStore, CancellationToken, ValueTask> prepare) =>
        (Source, Target, _prepare, _now) = (source, target, prepare, source);

    public ITransferStore Source { get; }

    public ITransferStore Target { get; }

    /// <summary>Whether the target serves by now.</summary>
    public bool IsMoved => Volatile.Read(ref _now) == Target;

    /// <summary>Other processes may use what this one serves from only where both stores take them.</summary>
    public bool IsExclusive => Source.IsExclusive;

    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        await Source.OpenAsync(cancellationToken);
        await Target.OpenAsync(cancellationToken);
        await _prepare(this, cancellationToken);
    }

    /// <summary>Hands over what was changed since it was asked last.</summary>
    public Changes TakeChanges()
    {
        lock (_lock)
        {
            (var taken, _changes) = (_changes, new Changes());
            return taken;
        }
    }

    /// <summary>Gives back what could not be copied yet.</summary>
    public void Return(Changes changes)
    {
        lock (_lock)
        {
            _changes.Add(changes);
        }
    }

    /// <summary>Lets no write begin, and waits for those that are under way.</summary>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _reopened = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_inside == 0)
            {
                _emptied.SetResult();
            }

            return _emptied.Task;
        }
    }

    /// <summary>Lets writes go on, to the target from now on or to where they went before.</summary>
    public void Reopen(bool isMoved)
    {
        lock (_lock)
        {
            _now = isMoved ? Target : _now;
            _reopened?.SetResult();
            _reopened = null;
        }
    }

    public ValueTask<IReadOnlyList<CommitOutcome>> CommitAsync(IReadOnlyList<Commit> batch, CancellationToken cancellationToken) =>
        WriteAsync(store => store.CommitAsync(batch, cancellationToken), (changes, _) => changes.Add(batch));

    public ValueTask<IReadOnlyList<TakenMessage>> TakeAsync(TakeMessages request, CancellationToken cancellationToken) =>
        WriteAsync(store => store.TakeAsync(request, cancellationToken), (changes, taken) => changes.AddMessages(taken?.Select(m => m.Id)));

    public ValueTask<IReadOnlyList<ReservedMessage>> ReserveAsync(ReserveMessages request, CancellationToken cancellationToken) =>
        WriteAsync(
            store => store.ReserveAsync(request, cancellationToken),
            (changes, reserved) => changes.AddMessages(reserved?.Select(m => m.Id)));

    public ValueTask<IReadOnlyList<TakenMessage>> ClaimAsync(ClaimMessages request, CancellationToken cancellationToken) =>
        WriteAsync(
            store => store.ClaimAsync(request, cancellationToken), (changes, _) => changes.AddMessages(request.Messages.Select(m => m.Id)));

    public ValueTask<bool> ExtendAsync(TakenMessage message, TimeSpan lease, CancellationToken cancellationToken) =>
        WriteAsync(store => store.ExtendAsync(message, lease, cancellationToken), (changes, _) => changes.AddMessages([message.Id]));

    public ValueTask<int> ReleaseAllAsync(string owner, CancellationToken cancellationToken) =>
        WriteAsync(store => store.ReleaseAllAsync(owner, cancellationToken), (changes, _) => changes.AddMessages(null));

    public ValueTask<IReadOnlyList<StoredEvent>> ReadStreamAsync(
        StreamId stream, long afterVersion, int limit, CancellationToken cancellationToken) =>
        _now.ReadStreamAsync(stream, afterVersion, limit, cancellationToken);

    public ValueTask<IReadOnlyList<StreamHead>> ReadStreamHeadsAsync(string afterName, int limit, CancellationToken cancellationToken) =>
        _now.ReadStreamHeadsAsync(afterName, limit, cancellationToken);

    public ValueTask<LogPage> ReadLogAsync(
        long afterPosition, int limit, IReadOnlyCollection<string>? types, CancellationToken cancellationToken) =>
        _now.ReadLogAsync(afterPosition, limit, types, cancellationToken);

    public ValueTask<long> HeadAsync(CancellationToken cancellationToken) => _now.HeadAsync(cancellationToken);

    public ValueTask<Document?> FindAsync(string kind, string id, CancellationToken cancellationToken) =>
        _now.FindAsync(kind, id, cancellationToken);

    public ValueTask<IReadOnlyList<Document>> QueryAsync(DocumentQuery query, CancellationToken cancellationToken) =>
        _now.QueryAsync(query, cancellationToken);

    public ValueTask<DateTimeOffset?> NextDueAsync(IReadOnlyCollection<string> kinds, CancellationToken cancellationToken) =>
        _now.NextDueAsync(kinds, cancellationToken);

    public ValueTask<int> CountDueAsync(string kind, int limit, CancellationToken cancellationToken) =>
        _now.CountDueAsync(kind, limit, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await DisposeAsync(Source);
        await DisposeAsync(Target);
    }

    private static async ValueTask DisposeAsync(IStore store)
    {
        switch (store)
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync();
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }
    }

    private async ValueTask<T> WriteAsync<T>(Func<IStore, ValueTask<T>> write, Action<Changes, T?> note)
    {
        var store = await EnterAsync();
        T? result = default;
        try
        {
            return result = await write(store);
        }
        finally
        {
            // Noted when it can be read, and also when it failed: the outcome is unknown then.
            Leave(changes => note(changes, result));
        }
    }

    private async ValueTask<IStore> EnterAsync()
    {
        while (true)
        {
            Task reopened;
            lock (_lock)
            {
                if (_reopened is null)
                {
                    _inside++;
                    return _now;
                }

                reopened = _reopened.Task;
            }

            await reopened;
        }
    }

    private void Leave(Action<Changes> note)
    {
        lock (_lock)
        {
            if (!IsMoved)
            {
                note(_changes);
            }

            if (--_inside == 0)
            {
                _emptied?.TrySetResult();
            }
        }
    }
}
