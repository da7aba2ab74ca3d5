using System.Globalization;

namespace Monolith.Media.Imaging;

/// <summary>The refusals of an image. The codes are the platform's.</summary>
internal static class ImageErrors
{
    public static readonly Error Unsupported =
        PlatformErrors.UnsupportedMedia with { Detail = "The content is not a JPEG, PNG or WebP image." };

    public static readonly Error Broken = Unprocessable("The image is broken or cut short.");

    public static Error TooLongASide(int limit) => Unprocessable(Invariant($"A side of the image is longer than {limit:N0} pixels."));

    public static Error TooManyPixels(long limit) => Unprocessable(Invariant($"The image has more than {limit:N0} pixels."));

    public static Error TooManyFrames(int limit) => Unprocessable(Invariant($"The image has more frames than {limit:N0}."));

    public static Error TooDense(long limit) =>
        Unprocessable(Invariant($"The image claims more than {limit:N0} pixels for every byte of its file."));

    public static Error TooSlow(TimeSpan limit) =>
        Unprocessable(Invariant($"The image took longer than {limit.TotalSeconds:0.###} seconds to process."));

    private static Error Unprocessable(string detail) => PlatformErrors.UnprocessableImage with { Detail = detail };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
