using NetVips;

namespace Monolith.Media.Imaging;

/// <summary>What the engine asks an image of libvips.</summary>
internal static class VipsImages
{
    private const string Pages = "n-pages";
    private const string Orientation = "orientation";

    extension(Image image)
    {
        public int Frames => image.Contains(Pages) ? (int)image.Get(Pages) : 1;

        /// <summary>Whether EXIF says that it is to be shown lying on its side.</summary>
        public bool IsTurned => image.Contains(Orientation) && image.Get(Orientation) is >= 5 and <= 8;

        public bool IsCmyk => image.Interpretation is Enums.Interpretation.Cmyk;

        public bool IsGrey => image.Bands <= 2;

        public bool HasProfile => image.Contains("icc-profile-data");
    }
}
