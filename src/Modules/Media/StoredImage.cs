using System.Security.Cryptography;
using Monolith.Media.Imaging;

namespace Monolith.Media;

/// <summary>What is known of an image that lies in the blob store.</summary>
/// <param name="ContentHash">SHA-256, 64 hexadecimal digits, lower case.</param>
/// <param name="ContentType">By content.</param>
/// <param name="Width">In pixels, upright.</param>
/// <param name="Height">In pixels, upright.</param>
/// <param name="Bytes">Of the file.</param>
internal sealed record StoredImage(string ContentHash, string ContentType, int Width, int Height, long Bytes)
{
    public static StoredImage Of(MadeImage made) => new(
        Convert.ToHexStringLower(SHA256.HashData(made.Bytes)), made.Format.ContentType(), made.Width, made.Height, made.Bytes.Length);

    public static string ContentTypeOf(string extension) =>
        Enum.GetValues<ImageFormat>().Single(f => f.Extension() == extension).ContentType();

    /// <summary>The usual ending of a file of this type, without the dot.</summary>
    public string Extension() => Enum.GetValues<ImageFormat>().Single(f => f.ContentType() == ContentType).Extension();
}
