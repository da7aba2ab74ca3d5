namespace Monolith.Media.Imaging;

/// <summary>What the header of an image says.</summary>
/// <param name="Format">By content.</param>
/// <param name="Width">In pixels, as a viewer shows it: EXIF orientation is applied.</param>
/// <param name="Height">Likewise.</param>
internal sealed record ImageInfo(ImageFormat Format, int Width, int Height);
