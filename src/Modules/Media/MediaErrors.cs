using System.Globalization;

namespace Monolith.Media;

/// <summary>What this module refuses with, besides what <see cref="Imaging.ImageErrors"/> says of an image. Codes are contract.</summary>
internal static class MediaErrors
{
    public static readonly Error Empty = new(ErrorKind.Invalid, "media.empty", "There is no content.");

    public static readonly Error NoFile = PlatformErrors.Malformed with { Detail = "The form has no field called file." };

    public static readonly Error Cut = PlatformErrors.Malformed with { Detail = "The form is broken or cut short." };

    public static readonly Error NameDisagrees = PlatformErrors.UnsupportedMedia with
    {
        Detail = "The content is of another type than the name of the file says.",
    };

    // Only ever the reason why a job failed: the presets were changed while it waited.
    public static readonly Error NoSuchPreset = new(ErrorKind.Failure, "media.no-such-preset", "The preset is not configured any more.");

    public static Error TooLarge(long limit) => PlatformErrors.TooLarge with
    {
        Detail = string.Create(CultureInfo.InvariantCulture, $"The image has more than {limit:N0} bytes."),
    };
}
