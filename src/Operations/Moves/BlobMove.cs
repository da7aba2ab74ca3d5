using System.Globalization;
using System.Security.Cryptography;

namespace Monolith.Operations.Moves;

/// <summary>
/// Makes a second place hold the blobs of the first, while the first one serves: all of them once, then whatever changes.
/// </summary>
/// <remarks>
/// Every blob is compared by its SHA-256, also one that was there already, so a move that broke off begins again and copies only what is
/// missing. What the source does not have is removed from the target: what was deleted must not live on in a copy.
/// </remarks>
/// <param name="blobs">The source, and what changes in it.</param>
/// <param name="target">It has no other writer.</param>
/// <param name="to">What the target is called, printable.</param>
/// <param name="clock">For waiting and progress.</param>
/// <param name="tell">Tells a person.</param>
internal sealed class BlobMove(MovingBlobs blobs, IBlobStore target, string to, TimeProvider clock, Action<string> tell)
{
    // Each holds a few hundred kilobytes; more would not make a disk or a network faster.
    private const int AtOnce = 8;

    // One copies, the next compares; more when the blob is replaced meanwhile.
    private const int Tries = 4;

    private static readonly TimeSpan _rest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(5);

    private long _told = clock.GetTimestamp();
    private long _count;
    private long _copied;
    private long _bytes;
    private bool _isAway;

    /// <summary>Whether every blob was in the target once.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Copies everything, then what changes, until it is stopped.</summary>
    /// <exception cref="MoveException">A blob of the source cannot be read.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        var surplus = await target.ListAsync("", stopping).ToHashSetAsync(StringComparer.Ordinal, stopping);
        tell(string.Create(CultureInfo.InvariantCulture, $"Copying blobs to {to}, where {surplus.Count} are already"));
        await Parallel.ForEachAsync(
            blobs.Source.ListAsync("", stopping), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stopping },
            async (key, cancellationToken) =>
        {
            await MirrorAsync(key, cancellationToken);
            lock (surplus)
            {
                surplus.Remove(key);
            }

            Progress();
        });
        foreach (var key in surplus)
        {
            await MirrorAsync(key, stopping);
        }

        await CatchUpAsync(stopping);
        IsComplete = true;
        tell(string.Create(
            CultureInfo.InvariantCulture,
            $"All {_count} blobs are in {to}, {_copied} of them copied now ({_bytes:N0} bytes), each compared. Stop this server, and "
                + $"configure that place before the next start"));
        while (!stopping.IsCancellationRequested)
        {
            var changed = blobs.Changed.Next;
            await CatchUpAsync(stopping);
            await Signal.WaitAsync(changed, _rest, clock, stopping);
        }
    }

    /// <summary>Copies what changed.</summary>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        while (blobs.TryTake(out var key))
        {
            await MirrorAsync(key!, cancellationToken); // TryTake gives one with true.
        }
    }

    private async Task MirrorAsync(string key, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await TryMirrorAsync(key, cancellationToken);
                _isAway = false;
                return;
            }
            catch (StoreUnavailableException e)
            {
                if (!_isAway)
                {
                    _isAway = true;
                    tell($"Waiting: {e.Message}");
                }

                await Task.Delay(_rest, clock, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                throw new MoveException($"blob {key} cannot be copied: {e.Message}");
            }
        }
    }

    private async Task TryMirrorAsync(string key, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _count);
        for (var tries = 0; tries < Tries; tries++)
        {
            var here = await SumAsync(blobs.Source, key, cancellationToken);
            var there = await SumAsync(target, key, cancellationToken);
            if (here is null ? there is null : there?.AsSpan().SequenceEqual(here) == true)
            {
                return;
            }

            await CopyAsync(key, cancellationToken);
        }

        throw new MoveException($"blob {key} is not the same in {to}; does another program write there?");
    }

    private async Task CopyAsync(string key, CancellationToken cancellationToken)
    {
        await using var content = await blobs.Source.OpenAsync(key, cancellationToken);
        if (content is null)
        {
            await target.DeleteAsync(key, cancellationToken);
            return;
        }

        Interlocked.Add(ref _bytes, await target.PutAsync(key, content, cancellationToken));
        Interlocked.Increment(ref _copied);
    }

    private static async Task<byte[]?> SumAsync(IBlobStore store, string key, CancellationToken cancellationToken)
    {
        await using var content = await store.OpenAsync(key, cancellationToken);
        return content is null ? null : await SHA256.HashDataAsync(content, cancellationToken);
    }

    private void Progress()
    {
        var told = Volatile.Read(ref _told);
        if (clock.GetElapsedTime(told) > _interval && Interlocked.CompareExchange(ref _told, clock.GetTimestamp(), told) == told)
        {
            tell(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Volatile.Read(ref _count)} blobs so far, {Volatile.Read(ref _copied)} of them copied now"));
        }
    }
}
