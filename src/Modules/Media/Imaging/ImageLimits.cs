namespace Monolith.Media.Imaging;

/// <summary>What an image may claim and cost. Everything but the time is checked on the header, before any pixel is decoded.</summary>
/// <remarks>An interlaced image is decoded whole, 8 bytes a pixel at worst: with 50 megapixels one job stays under 512 MB.</remarks>
internal sealed record ImageLimits
{
    /// <summary>Pixels of the longer side; also what WebP can hold, but for one.</summary>
    public int MaxSide { get; init; } = 16_384;

    /// <summary>Width times height; the default of imgproxy.</summary>
    public long MaxPixels { get; init; } = 50_000_000;

    /// <summary>Frames of an animation: stills only.</summary>
    public int MaxFrames { get; init; } = 1;

    /// <summary>
    /// Pixels for every byte of the file, above the first million. Deflate packs at most 1,032 to 1, so a photo is never near it.
    /// </summary>
    public long MaxPixelsPerByte { get; init; } = 1_000;

    /// <summary>Elapsed time from the start of the work; waiting for a free core does not count.</summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromSeconds(10);
}
