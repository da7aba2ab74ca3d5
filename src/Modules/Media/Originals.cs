using Monolith.Media.Contracts;
using Monolith.Media.Imaging;

namespace Monolith.Media;

/// <summary>The uploaded files, as they came. Safe from any thread; one for the process.</summary>
internal sealed class Originals(IBlobStore blobs, ImageEngine engine, MediaSettings settings) : IDisposable
{
    // An image is held in memory only while libvips reads it, and only so many at a time: what slow clients have sent so far lies on disk.
    // Twice the cores, so that the next one is read from disk while the others are worked on.
    private readonly SemaphoreSlim _inMemory = new(2 * Environment.ProcessorCount);

    /// <summary>
    /// Stores what comes in, if it is an image that we take. What is refused, or fails on the way, leaves nothing behind.
    /// </summary>
    /// <param name="photo">Whose original it becomes.</param>
    /// <param name="content">Read to its end.</param>
    /// <param name="name">What the client calls the file; null or without an ending when it does not say.</param>
    /// <param name="cancellationToken">The client went away.</param>
    public async Task<Result<StoredImage>> TakeInAsync(PhotoId photo, Stream content, string? name, CancellationToken cancellationToken)
    {
        var head = new byte[ImageFormats.HeadLength];
        var length = await content.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        if (length == 0)
        {
            return MediaErrors.Empty;
        }

        if (!ImageFormats.TrySniff(head.AsSpan(0, length), out var format))
        {
            return ImageErrors.Unsupported;
        }

        if (!Agrees(name, format))
        {
            return MediaErrors.NameDisagrees;
        }

        await using var intake = new Intake(head.AsMemory(0, length), content, settings.MaxBytes);
        try
        {
            var bytes = await blobs.PutAsync(PhotoKeys.Original(photo), intake, cancellationToken);
            return await VerifyAsync(photo, intake.TakeHash(), bytes, cancellationToken);
        }
        catch (IntakeTooLargeException)
        {
            return MediaErrors.TooLarge(settings.MaxBytes);
        }
    }

    /// <summary>Opens an original for reading; null when there is none.</summary>
    public ValueTask<Stream?> OpenAsync(PhotoId photo, CancellationToken cancellationToken) =>
        blobs.OpenAsync(PhotoKeys.Original(photo), cancellationToken);

    /// <summary>Works on an original in memory, as soon as there is room for it.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public async Task<T> WorkOnAsync<T>(PhotoId photo, Func<ReadOnlyMemory<byte>, Task<T>> work, CancellationToken cancellationToken)
    {
        await _inMemory.WaitAsync(cancellationToken);
        try
        {
            return await work(await ReadAsync(photo, cancellationToken));
        }
        finally
        {
            _inMemory.Release();
        }
    }

    /// <summary>Removes an original whose photo was never stored.</summary>
    public ValueTask RemoveAsync(PhotoId photo) => blobs.DeleteAsync(PhotoKeys.Original(photo), CancellationToken.None);

    public void Dispose() => _inMemory.Dispose();

    private async Task<Result<StoredImage>> VerifyAsync(PhotoId photo, string hash, long bytes, CancellationToken cancellationToken)
    {
        var isTaken = false;
        try
        {
            var verified = await WorkOnAsync(photo, image => engine.VerifyAsync(image, cancellationToken), cancellationToken);
            if (!verified.TryGet(out var info, out var refusal))
            {
                return refusal;
            }

            isTaken = true;
            return new StoredImage(hash, info.Format.ContentType(), info.Width, info.Height, bytes);
        }
        finally
        {
            if (!isTaken)
            {
                await RemoveAsync(photo);
            }
        }
    }

    private async Task<byte[]> ReadAsync(PhotoId photo, CancellationToken cancellationToken)
    {
        await using var stream = await OpenAsync(photo, cancellationToken)
            ?? throw new FileNotFoundException($"The original of photo {photo} is gone.");
        using var memory = new MemoryStream(stream.CanSeek ? (int)stream.Length : 0);
        await stream.CopyToAsync(memory, cancellationToken);
        return memory.Length == memory.Capacity ? memory.GetBuffer() : memory.ToArray();
    }

    // ASVS 5.2.2: the content must fit the name that the file is opened by.
    private static bool Agrees(string? name, ImageFormat format) => Path.GetExtension(name)?.ToLowerInvariant() switch
    {
        null or "" => true,
        ".jpg" or ".jpeg" or ".jpe" or ".jfif" => format is ImageFormat.Jpeg,
        ".png" => format is ImageFormat.Png,
        ".webp" => format is ImageFormat.Webp,
        _ => false,
    };
}
