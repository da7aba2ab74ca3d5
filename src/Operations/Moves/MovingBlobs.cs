using System.Collections.Concurrent;

namespace Monolith.Operations.Moves;

/// <summary>Blobs that are being moved: the source serves, and the keys of what changes are noted.</summary>
internal sealed class MovingBlobs(IBlobStore source) : IBlobStore
{
    private readonly ConcurrentQueue<string> _changed = new();

    /// <summary>Where they have been so far.</summary>
    public IBlobStore Source => source;

    /// <summary>Goes off when something changed.</summary>
    public Signal Changed { get; } = new();

    /// <summary>Takes the key of the next blob that changed.</summary>
    public bool TryTake(out string? key) => _changed.TryDequeue(out key);

    public async ValueTask<long> PutAsync(string key, Stream content, CancellationToken cancellationToken)
    {
        try
        {
            return await source.PutAsync(key, content, cancellationToken);
        }
        finally
        {
            Note(key); // Also when it failed: the content is unknown then.
        }
    }

    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            await source.DeleteAsync(key, cancellationToken);
        }
        finally
        {
            Note(key);
        }
    }

    public ValueTask<Stream?> OpenAsync(string key, CancellationToken cancellationToken) => source.OpenAsync(key, cancellationToken);

    public ValueTask<Uri?> LinkAsync(string key, string contentType, string name, CancellationToken cancellationToken) =>
        source.LinkAsync(key, contentType, name, cancellationToken);

    public IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken) =>
        source.ListAsync(prefix, cancellationToken);

    private void Note(string key)
    {
        _changed.Enqueue(key);
        Changed.Raise();
    }
}
