using Monolith.Media.Contracts;

namespace Monolith.Media;

/// <summary>Where the files of a photo lie.</summary>
internal static class PhotoKeys
{
    public static string Original(PhotoId photo) => $"photos/{photo}/original";

    public static string Variant(PhotoId photo, string contentHash) => $"photos/{photo}/{contentHash}";
}
