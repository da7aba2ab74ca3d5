using Monolith.Media.Contracts;

namespace Monolith.Media;

/// <summary>The files that belong to a photo: the original and what was made of it, unless it was deleted.</summary>
internal sealed class PhotoBlobs : IBlobClaims
{
    public string Category => Photo.Category;

    public IEnumerable<BlobClaim> Of(IReadOnlyList<object> history) =>
        history.OfType<Photo.Uploaded>().FirstOrDefault() is { PhotoId: var photo } uploaded && !history.OfType<Photo.Deleted>().Any()
            ? history.OfType<Photo.VariantMade>().Select(v => new BlobClaim(PhotoKeys.Variant(photo, v.ContentHash), v.ContentHash))
                .Prepend(new BlobClaim(PhotoKeys.Original(photo), uploaded.ContentHash)).Distinct()
            : [];
}

/// <summary>Where the files of a photo lie.</summary>
internal static class PhotoKeys
{
    public static string Original(PhotoId photo) => $"photos/{photo}/original";

    public static string Variant(PhotoId photo, string contentHash) => $"photos/{photo}/{contentHash}";
}
