namespace Monolith.Media.Imaging;

internal enum Fit
{
    /// <summary>Fits into the box, keeps its proportions, is never enlarged.</summary>
    Inside,

    /// <summary>Fills the box exactly, cut to it around the centre, enlarged where it must be.</summary>
    Crop,
}

/// <summary>What to make of an image.</summary>
/// <param name="Width">Of the box, in pixels, 1 to 16,383 (the most that WebP holds).</param>
/// <param name="Height">Likewise.</param>
/// <param name="Fit">How the image goes into the box.</param>
internal sealed record Recipe(int Width, int Height, Fit Fit)
{
    /// <summary>A square for lists.</summary>
    public static readonly Recipe Thumb = new(256, 256, Fit.Crop);

    /// <summary>For a page, crisp after the shrinking.</summary>
    public static readonly Recipe Web = new(1600, 1600, Fit.Inside) { Sharpen = 0.8 };

    /// <summary>For behind other things.</summary>
    public static readonly Recipe Blurred = new(1600, 1600, Fit.Inside) { Blur = 12 };

    /// <summary>Sigma in pixels of the result; 0 leaves it alone. Lightness only, so colours do not shift.</summary>
    public double Sharpen { get; init; }

    /// <summary>Sigma in pixels of the result; 0 leaves it alone.</summary>
    public double Blur { get; init; }

    /// <summary>Null keeps the format of the input.</summary>
    public ImageFormat? Output { get; init; } = ImageFormat.Webp;

    /// <summary>1 to 100; PNG, which loses nothing, does not look at it.</summary>
    public int Quality { get; init; } = 82;
}

/// <summary>A finished image, without any metadata.</summary>
internal sealed record MadeImage(byte[] Bytes, ImageFormat Format, int Width, int Height);
