using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Ports;

/// <summary>Keeps bytes that are too many for a document.</summary>
/// <remarks>Every adapter passes <c>BlobStoreContract</c>. Calls are safe from any thread.</remarks>
public interface IBlobStore
{
    /// <summary>
    /// Stores a blob, replacing one of the same key. It is whole and on disk when this returns; otherwise there is no trace of it.
    /// </summary>
    /// <param name="key">1 to 200 characters of <c>a-z 0-9 - _ . /</c>; no part of it is empty, <c>.</c> or <c>..</c>.</param>
    /// <param name="content">Read to its end. What it throws comes through.</param>
    /// <param name="cancellationToken">Cancels the call and leaves no trace.</param>
    /// <returns>How many bytes.</returns>
    /// <exception cref="ArgumentException">The key has another form.</exception>
    /// <exception cref="StoreUnavailableException">The place cannot be reached or is full.</exception>
    ValueTask<long> PutAsync(string key, Stream content, CancellationToken cancellationToken);

    /// <summary>Opens a blob for reading; null when there is none. The caller disposes of it.</summary>
    ValueTask<Stream?> OpenAsync(string key, CancellationToken cancellationToken);

    /// <summary>Deletes a blob; one that is not there is fine. A stream that is already open can be read to its end.</summary>
    ValueTask DeleteAsync(string key, CancellationToken cancellationToken);

    /// <summary>Makes an address from which a reader can fetch a blob without us, for a while; null where the store gives none.</summary>
    /// <remarks>A holder of the address can read the blob until it expires, so it goes only to those who may read it.</remarks>
    /// <param name="key">Which blob; whether it is there is not looked up.</param>
    /// <param name="contentType">What the answer will say that it is.</param>
    /// <param name="name">What a browser will call the file: plain ASCII without quotes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask<Uri?> LinkAsync(string key, string contentType, string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Uri?>(null);

    /// <summary>Lists the keys that begin with a prefix, in no order.</summary>
    IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken);
}
