using NetVips;

namespace Monolith.Media.Imaging;

/// <summary>
/// Looks at images and makes others of them, as many at a time as there are cores. Safe from any thread; one for the process.
/// </summary>
internal sealed partial class ImageEngine : IDisposable
{
    private readonly ImageLimits _limits;
    private readonly TimeProvider _clock;
    private readonly ILogger<ImageEngine> _log;
    private readonly SemaphoreSlim _cores = new(Environment.ProcessorCount);

    /// <exception cref="DllNotFoundException">
    /// There is no libvips for this platform; the message is one line.
    /// </exception>
    public ImageEngine(ImageLimits limits, TimeProvider clock, ILogger<ImageEngine> log)
    {
        if (Libvips.Problem is { } problem)
        {
            throw new DllNotFoundException(problem);
        }

        (_limits, _clock, _log) = (limits, clock, log);
    }

    /// <summary>Tells whether an engine can be made here, without making one or loading libvips: for a health check.</summary>
    public static bool IsAvailable => Libvips.IsAvailable;

    /// <summary>Reads the header and holds it against the limits; a few microseconds, whatever the image claims to be.</summary>
    public Result<ImageInfo> Inspect(ReadOnlyMemory<byte> bytes)
    {
        using var work = new ImageWork(bytes, CancellationToken.None);
        try
        {
            return Open(work, bytes.Span).TryGet(out var source, out var refusal) ? source.Info : refusal;
        }
        catch (VipsException e)
        {
            LogRefused(e.Message.ReplaceLineEndings("; "));
            return ImageErrors.Broken;
        }
    }

    /// <summary>Reads the image to its last pixel, so that one cut short anywhere is refused. For an upload, before it is kept.</summary>
    /// <remarks>A JPEG is decoded at an eighth of its size, which still reads all of its data.</remarks>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<Result<ImageInfo>> VerifyAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        RunAsync<ImageInfo>(
            bytes,
            work =>
            {
                if (!Open(work, bytes.Span).TryGet(out var source, out var refusal))
                {
                    return refusal;
                }

                work.ReadThrough(work.Decode(source.Info.Format, shrink: 8));
                return source.Info;
            },
            cancellationToken);

    /// <summary>
    /// Makes an image by a recipe: upright, in sRGB, without metadata. Reads only the rows it needs: <see cref="VerifyAsync"/> tells
    /// whether all are there.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<Result<MadeImage>> MakeAsync(ReadOnlyMemory<byte> bytes, Recipe recipe, CancellationToken cancellationToken) =>
        RunAsync<MadeImage>(
            bytes,
            work =>
            {
                if (!Open(work, bytes.Span).TryGet(out var source, out var refusal))
                {
                    return refusal;
                }

                var image = Cook(work, source, recipe);
                var format = recipe.Output ?? source.Info.Format;
                return new MadeImage(work.Save(image, format, recipe.Quality), format, image.Width, image.Height);
            },
            cancellationToken);

    public void Dispose() => _cores.Dispose();

    private async Task<Result<T>> RunAsync<T>(
        ReadOnlyMemory<byte> bytes, Func<ImageWork, Result<T>> work, CancellationToken cancellationToken)
    {
        await _cores.WaitAsync(cancellationToken);
        try
        {
            using var deadline = new CancellationTokenSource(_limits.MaxDuration, _clock);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);

            // A thread of its own: tens of milliseconds of CPU would hold up the requests that share the pool.
            return await Task.Factory.StartNew(
                () => Run(bytes, work, stop.Token, cancellationToken),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        }
        finally
        {
            _cores.Release();
        }
    }

    private Result<T> Run<T>(
        ReadOnlyMemory<byte> bytes, Func<ImageWork, Result<T>> work, CancellationToken stop, CancellationToken cancellationToken)
    {
        using var scope = new ImageWork(bytes, stop);
        try
        {
            return work(scope);
        }
        catch (Exception e) when (e is VipsException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            LogRefused(e.Message.ReplaceLineEndings("; "));
            return stop.IsCancellationRequested ? ImageErrors.TooSlow(_limits.MaxDuration) : ImageErrors.Broken;
        }
    }

    private Result<Source> Open(ImageWork work, ReadOnlySpan<byte> bytes)
    {
        if (!ImageFormats.TrySniff(bytes, out var format))
        {
            return ImageErrors.Unsupported;
        }

        // Decodes nothing, so the limits hold before a bomb can go off.
        using var header = work.OpenHeader(format);
        var (width, height) = (header.Width, header.Height);
        var pixels = (long)width * height;
        return
            Math.Max(width, height) > _limits.MaxSide ? ImageErrors.TooLongASide(_limits.MaxSide)
            : pixels > _limits.MaxPixels ? ImageErrors.TooManyPixels(_limits.MaxPixels)
            : header.Frames > _limits.MaxFrames ? ImageErrors.TooManyFrames(_limits.MaxFrames)
            : pixels > 1_000_000 + (bytes.Length * _limits.MaxPixelsPerByte) ? ImageErrors.TooDense(_limits.MaxPixelsPerByte)
            : new Source(
                header.IsTurned ? new ImageInfo(format, height, width) : new ImageInfo(format, width, height),
                ProfilesOf(header));
    }

    // Only where they are needed: an export profile costs 45 ms even for an image that has none to convert from. The import
    // profile stands in for a broken one; for grey there is none built in, and grey curves differ by a shade at most.
    private static (string? Input, string? Output) ProfilesOf(Image header) => header switch
    {
        { IsCmyk: true } => ("cmyk", "srgb"),
        { HasProfile: true, IsGrey: false } => ("srgb", "srgb"),
        _ => default,
    };

    private static Image Cook(ImageWork work, Source source, Recipe recipe)
    {
        var decoded = work.Decode(source.Info.Format, ShrinkOnLoad(source.Info, recipe));
        var isCropped = recipe.Fit is Fit.Crop;
        var image = work.Apply(
            decoded,
            i => i.ThumbnailImage(
                recipe.Width,
                recipe.Height,
                isCropped ? Enums.Size.Both : Enums.Size.Down,
                crop: isCropped ? Enums.Interesting.Centre : Enums.Interesting.None,
                inputProfile: source.Profiles.Input,
                outputProfile: source.Profiles.Output));
        if (image.Format is not Enums.BandFormat.Uchar)
        {
            image = work.Apply(image, i => i.Colourspace(i.IsGrey ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb));
        }

        if (recipe.Sharpen > 0)
        {
            image = work.Apply(image, i => i.Sharpen(recipe.Sharpen));
        }

        return recipe.Blur > 0 ? Blur(work, image, recipe.Blur) : image;
    }

    private static Image Blur(ImageWork work, Image image, double sigma)
    {
        if (!image.HasAlpha())
        {
            return work.Apply(image, i => i.Gaussblur(sigma));
        }

        // Weighted by alpha, or the colour behind transparent pixels, mostly black, would bleed into the edges.
        image = work.Apply(image, i => i.Premultiply());
        image = work.Apply(image, i => i.Gaussblur(sigma));
        image = work.Apply(image, i => i.Unpremultiply());
        return work.Apply(image, i => i.Cast(Enums.BandFormat.Uchar));
    }

    // As vips_thumbnail does it: a factor of two or more is left to the resize, whose filter is better than the decoder's.
    private static int ShrinkOnLoad(ImageInfo info, Recipe recipe)
    {
        var (across, down) = ((double)info.Width / recipe.Width, (double)info.Height / recipe.Height);
        return (recipe.Fit is Fit.Crop ? Math.Min(across, down) : Math.Max(across, down)) switch
        {
            >= 16 => 8,
            >= 8 => 4,
            >= 4 => 2,
            _ => 1,
        };
    }

    [LoggerMessage(LogLevel.Debug, "libvips failed on an image: {Reason}")]
    private partial void LogRefused(string reason);

    private sealed record Source(ImageInfo Info, (string? Input, string? Output) Profiles);
}
