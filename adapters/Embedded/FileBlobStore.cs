using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace Monolith.Adapters.Embedded;

/// <summary>Keeps each blob in a file of its own.</summary>
/// <remarks>
/// The file is named by the whole key, with <c>+</c> for <c>/</c>: so <c>a</c> and <c>a/b</c> can both exist, no key can lead elsewhere,
/// and there are no directories to make and remove while others write. They lie spread over 256 folders, as one directory of ext4
/// ends at about ten million files.
/// </remarks>
internal sealed class FileBlobStore(string root, DiskSpace? disk = null) : IBlobStore
{
    private static readonly string[] _folders = [.. Enumerable.Range(0, 256).Select(i => i.ToString("x2", CultureInfo.InvariantCulture))];

    private readonly DurableDirectory _directory = new(root, _folders, disk);

    /// <inheritdoc />
    public ValueTask<long> PutAsync(string key, Stream content, CancellationToken cancellationToken) =>
        _directory.WriteAsync(NameOf(key), content, cancellationToken);

    /// <inheritdoc />
    public ValueTask<Stream?> OpenAsync(string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var path = _directory.PathOf(NameOf(key));
        return ValueTask.FromResult(_directory.Run<Stream?>(() => Open(path)));
    }

    /// <inheritdoc />
    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _directory.Delete(NameOf(key));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var folder in _folders)
        {
            // Listing a directory blocks; between two of them others get their turn.
            await Task.Yield();
            foreach (var path in _directory.Run(() => Directory.GetFiles(_directory.PathOf(folder))))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var key = Path.GetFileName(path).Replace('+', '/');
                if (key.StartsWith(prefix, StringComparison.Ordinal))
                {
                    yield return key;
                }
            }
        }
    }

    private static string NameOf(string key) =>
        $"{_folders[SHA256.HashData(Encoding.ASCII.GetBytes(BlobKeys.Check(key)))[0]]}/{key.Replace('/', '+')}";

    private static FileStream? Open(string path)
    {
        try
        {
            // Unbuffered: the reader brings a buffer, and one is enough.
            return new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
