using Monolith.Operations.Deployments;

namespace Monolith.Operations.Checks;

/// <summary>Stores documents as their streams say, by the batch; the next batch is found while one is being written.</summary>
internal sealed class Repairs(Shard shard, Deployment deployment) : IAsyncDisposable
{
    // A transaction of some milliseconds: nothing is lost when it is cancelled in between, and the disk is not asked for each document.
    private const int BatchSize = 256;

    private List<Commit> _batch = [];
    private Task _writing = Task.CompletedTask;

    /// <exception cref="VerbFailedException">A concurrent write changed what was to be repaired.</exception>
    public async ValueTask AddAsync(DocumentWrite right, Finding finding, CancellationToken cancellationToken)
    {
        // Deleted first: a store may leave index entries alone that it believes to be there. Both are written in one transaction.
        if (finding.IsThere)
        {
            _batch.Add(NewCommit(right) with { Documents = [right with { Body = null, Entries = [] }] });
        }

        if (right.Body is not null)
        {
            _batch.Add(NewCommit(right) with
            {
                Documents = [right],
                Checks = finding.Of is { } head ? [new StreamCheck(head.Stream, head.Version)] : [],
            });
        }

        if (_batch.Count >= BatchSize)
        {
            await WriteAsync(cancellationToken);
        }
    }

    /// <summary>Stores what is left; on disk when this returns.</summary>
    /// <exception cref="VerbFailedException">A concurrent write changed what was to be repaired.</exception>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        await WriteAsync(cancellationToken);
        await _writing;
    }

    /// <summary>Waits for the batch that is being written when everything else was cancelled: the store is closed next.</summary>
    public async ValueTask DisposeAsync() => await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        await _writing;
        (_writing, _batch) = (WriteAsync(_batch, cancellationToken), []);
    }

    private async Task WriteAsync(List<Commit> batch, CancellationToken cancellationToken)
    {
        if (batch.Count == 0)
        {
            return;
        }

        foreach (var conflict in (await shard.Store.CommitAsync(batch, cancellationToken)).OfType<Conflict>())
        {
            throw new VerbFailedException($"{conflict.What} is in the way ({conflict.Kind}); the other documents were written.");
        }
    }

    private Commit NewCommit(DocumentWrite right)
    {
        var bucket = right.Bucket ?? Bucket.Here;
        return new Commit { Id = Id.New(TimeProvider.System, bucket), Bucket = bucket, Epoch = deployment.Shards.RouteOf(bucket).Epoch };
    }
}
