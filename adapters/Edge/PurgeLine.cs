using System.Globalization;

namespace Monolith.Adapters.Edge;

/// <summary>
/// Sends purges one request after the other; what comes while one is under way goes out together with the next. Safe from any thread.
/// </summary>
/// <remarks>
/// So an edge that takes hundreds of keys at once is asked as often as its answers allow and not once for each key, without any delay when
/// there is little to do. Who waits while a request fails is told so at once: theirs would have met the same.
/// </remarks>
internal sealed class PurgeLine(IPurge purge, string name, EdgeHealth health, TimeProvider clock)
{
    // An edge may ask to be left alone for longer, but no purge waits on the word of the edge alone.
    private static readonly TimeSpan _longestWait = TimeSpan.FromMinutes(5);

    private const int LongestAnswer = 300;

    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _waiting = [];
    private bool _isSending;
    private (long From, TimeSpan For)? _rest;

    /// <inheritdoc cref="IEdge.PurgeAsync" />
    public async ValueTask<PurgeReceipt> PurgeAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var distinct = keys.Select(SurrogateKey.Check).Distinct(StringComparer.Ordinal).ToList();
        cancellationToken.ThrowIfCancellationRequested();
        var answers = await Task.WhenAll(Join(distinct)).WaitAsync(cancellationToken);
        var answer = string.Join("; ", answers.Distinct(StringComparer.Ordinal));
        return new PurgeReceipt(distinct.Count, answer.Length > LongestAnswer ? answer[..LongestAnswer] : answer, clock.GetUtcNow());
    }

    private List<Task<string>> Join(List<string> keys)
    {
        lock (_lock)
        {
            if (_rest is { } rest && rest.For - clock.GetElapsedTime(rest.From) is { Ticks: > 0 } left)
            {
                throw Unavailable(
                    string.Create(CultureInfo.InvariantCulture, $"it wants to be left alone for {Math.Ceiling(left.TotalSeconds)} s more"),
                    null);
            }

            var joined = new List<Task<string>>();
            foreach (var part in keys.Chunk(purge.Batch))
            {
                var waiting = new Waiting(part);
                _waiting.Enqueue(waiting);
                joined.Add(waiting.Answer.Task);
            }

            if (!_isSending && joined.Count > 0)
            {
                _isSending = true;
                _ = Task.Run(SendAllAsync); // Not forgotten: each waiter learns how it ended.
            }

            return joined;
        }
    }

    private async Task SendAllAsync()
    {
        while (Next() is { Count: > 0 } batch)
        {
            try
            {
                var keys = batch.SelectMany(w => w.Keys).Distinct(StringComparer.Ordinal).ToList();

                // Not cancelled by one caller: others wait for the same request. It has a time limit of its own.
                var answer = await purge.SendAsync(keys, CancellationToken.None);
                health.Purged(keys.Count);
                batch.ForEach(w => w.Answer.TrySetResult(answer));
            }
            catch (EdgeFaultException e)
            {
                health.Refused(e.Message);
                Refuse(batch, e);
            }
#pragma warning disable CA1031 // Every waiter gets the failure, whatever it is.
            catch (Exception e)
#pragma warning restore CA1031
            {
                batch.ForEach(w => w.Answer.TrySetException(e));
            }
        }
    }

    private List<Waiting> Next()
    {
        lock (_lock)
        {
            var (batch, count) = (new List<Waiting>(), 0);
            while (_waiting.TryPeek(out var next) && count + next.Keys.Count <= purge.Batch)
            {
                batch.Add(_waiting.Dequeue());
                count += next.Keys.Count;
            }

            _isSending = batch.Count > 0;
            return batch;
        }
    }

    private void Refuse(List<Waiting> batch, EdgeFaultException e)
    {
        lock (_lock)
        {
            batch.AddRange(_waiting);
            _waiting.Clear();
            if (e.Wait is { Ticks: > 0 } wait)
            {
                _rest = (clock.GetTimestamp(), wait < _longestWait ? wait : _longestWait);
            }
        }

        var unavailable = Unavailable(e.Message, e);
        batch.ForEach(w => w.Answer.TrySetException(unavailable));
    }

    private StoreUnavailableException Unavailable(string reason, Exception? cause) =>
        new($"The edge {name} takes no purge: {reason}.", isFull: false, cause);

    private sealed record Waiting(IReadOnlyList<string> Keys)
    {
        public TaskCompletionSource<string> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
