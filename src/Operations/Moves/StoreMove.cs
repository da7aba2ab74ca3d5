using System.Globalization;

namespace Monolith.Operations.Moves;

/// <summary>Moves all of a store to another while it is in use.</summary>
/// <remarks>
/// Copy, tail, verify, switch. The switch: no write begins any more, what came in between is copied and its chains are compared, the source
/// is marked and fenced by its epoch, the mark on the target goes, and the target serves. Until the source is fenced everything can break
/// off without a trace; from there on the target is the one, and the next start finishes.
/// </remarks>
internal sealed class StoreMove(string to, StoredJson json, TimeProvider clock, Action<string> tell)
{
    /// <summary>How long writes may wait for the switch; when that is not enough the switch is abandoned and tried again later.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    // What is left when the switch is tried: a few milliseconds of work.
    private const int FewChanges = 500;

    /// <summary>How long writes waited for the switch.</summary>
    public TimeSpan Pause { get; private set; }

    /// <summary>Prepares the target, or finishes a move that was broken off behind the fence.</summary>
    /// <exception cref="MoveException">The target is in use or holds something else.</exception>
    public async ValueTask PrepareAsync(MovingStore stores, CancellationToken cancellationToken)
    {
        var isIncoming = await stores.Target.FindAsync(MoveMark.Kind, MoveMark.Incoming, cancellationToken) is not null;
        if (await stores.Source.FindAsync(MoveMark.Kind, MoveMark.Gone, cancellationToken) is { } gone)
        {
            if (json.Read<MoveMark>(gone.Body) is var former && former.To != to)
            {
                throw new MoveException($"it was moved to {former.To} already");
            }

            await (isIncoming ? FinishAsync(stores, cancellationToken) : TakeOverAsync(stores));
            tell($"The move to {to} is complete; configure that store");
        }
        else if (!isIncoming)
        {
            if ((await stores.Target.ReadLogAsync(LogStart.All, 1, types: null, cancellationToken)).Events.Count > 0
                || (await stores.Target.ReadDocumentsAsync("", "", 1, cancellationToken)).Count > 0)
            {
                throw new MoveException("the target is not empty; a move needs a store of its own");
            }

            await MarkAsync(stores.Target, MoveMark.Incoming, cancellationToken);
        }
    }

    /// <summary>Copies until little is left, then switches. Returns when the target serves.</summary>
    /// <exception cref="MoveException">The source goes on serving.</exception>
    public async Task RunAsync(MovingStore stores, CancellationToken cancellationToken)
    {
        if (stores.IsMoved)
        {
            return;
        }

        var copy = new StoreCopy(stores.Source, stores.Target, clock);
        var told = clock.GetTimestamp();
        await copy.ResumeAsync(cancellationToken);
        await copy.CopyEventsAsync(Progress, cancellationToken);
        await copy.MirrorAsync(Progress, cancellationToken);
        tell(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Copied {copy.Events} events and {copy.Others} documents and messages; verifying every chain"));
        await copy.VerifyAsync(cancellationToken);
        while (!await TrySwitchAsync(stores, copy, cancellationToken))
        {
        }

        tell(string.Create(
            CultureInfo.InvariantCulture, $"Moved {copy.Events} events to {to}; writes waited {Pause.TotalMilliseconds:F0} ms"));

        void Progress()
        {
            if (clock.GetElapsedTime(told) > TimeSpan.FromSeconds(5))
            {
                told = clock.GetTimestamp();
                tell(
                    string.Create(
                        CultureInfo.InvariantCulture, $"Copied {copy.Events} events, {copy.Others} documents and messages so far"));
            }
        }
    }

    private async Task<bool> TrySwitchAsync(MovingStore stores, StoreCopy copy, CancellationToken cancellationToken)
    {
        // With writes going on, until a round leaves so little that the last one, without writes, is short.
        var left = int.MaxValue;
        while (left > FewChanges)
        {
            var changes = stores.TakeChanges();
            var streams = await copy.CopyEventsAsync(static () => { }, cancellationToken);
            await CopyAsync(stores, copy, changes, cancellationToken);
            await copy.VerifyAsync(streams, mayBeFurther: true, cancellationToken);
            left = changes.Count + streams.Count;
        }

        var started = clock.GetTimestamp();
        var isMoved = false;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(LongestPause);
            await stores.CloseAsync().WaitAsync(limit.Token);
            var changes = stores.TakeChanges();
            try
            {
                var streams = await copy.CopyEventsAsync(static () => { }, limit.Token);
                await copy.CopyAsync(changes, isLast: true, limit.Token);
                await copy.VerifyAsync(streams, mayBeFurther: false, limit.Token);
            }
            catch
            {
                stores.Return(changes);
                throw;
            }

            // From here on nothing is taken back, so nothing is cancelled.
            await MarkAsync(stores.Source, MoveMark.Gone, CancellationToken.None);
            await stores.Source.FenceAsync(2, CancellationToken.None);
            await UnmarkAsync(stores.Target);
            isMoved = true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            tell("The switch would have taken longer than a second; copying on");
        }
        finally
        {
            stores.Reopen(isMoved);
            Pause = clock.GetElapsedTime(started);
        }

        return isMoved;
    }

    private static async Task CopyAsync(MovingStore stores, StoreCopy copy, Changes changes, CancellationToken cancellationToken)
    {
        try
        {
            await copy.CopyAsync(changes, isLast: false, cancellationToken);
        }
        catch
        {
            stores.Return(changes);
            throw;
        }
    }

    private async Task FinishAsync(MovingStore stores, CancellationToken cancellationToken)
    {
        // A fenced source has no writers: comparing everything once more is all there is to do.
        var copy = new StoreCopy(stores.Source, stores.Target, clock);
        await copy.ResumeAsync(cancellationToken);
        await copy.CopyEventsAsync(static () => { }, cancellationToken);
        await copy.MirrorAsync(static () => { }, cancellationToken);
        await copy.VerifyAsync(cancellationToken);
        await stores.Source.FenceAsync(2, cancellationToken);
        await UnmarkAsync(stores.Target);
        await TakeOverAsync(stores);
    }

    private static async Task TakeOverAsync(MovingStore stores)
    {
        await stores.CloseAsync();
        stores.Reopen(isMoved: true);
    }

    private Task MarkAsync(IStore store, string id, CancellationToken cancellationToken) =>
        WriteAsync(store, id, json.Write(new MoveMark(to, clock.GetUtcNow())), cancellationToken);

    private Task UnmarkAsync(IStore store) => WriteAsync(store, MoveMark.Incoming, null, CancellationToken.None);

    private async Task WriteAsync(IStore store, string id, byte[]? body, CancellationToken cancellationToken)
    {
        var mark = new DocumentWrite(MoveMark.Kind, id, null, body, 1);
        var commit = new Commit { Id = Id.New(clock, Bucket.Here), Bucket = Bucket.Here, Documents = [mark] };
        var outcomes = await store.CommitAsync([commit], cancellationToken);
        if (outcomes[0] is Conflict conflict)
        {
            throw new MoveException($"the mark of the move cannot be written: {conflict.What} is at {conflict.Current}");
        }
    }
}
