using Monolith.Media.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Media;

/// <summary>Reads the views of photos.</summary>
internal sealed class Gallery(Views views, VariantUrls urls)
{
    /// <summary>Finds a photo of an owner; null when there is none, or when it belongs to another user.</summary>
    public async Task<Versioned?> FindAsync(UserId owner, PhotoId id, CancellationToken cancellationToken) =>
        await views.FindAsync(GalleryPhotoProjection.ViewKind, id, cancellationToken) is { } document
        && Read(document) is { } photo && photo.Photo.Owner == owner ? photo : null;

    /// <summary>Finds a page of an owner's photos, newest first.</summary>
    public async Task<IReadOnlyList<Versioned>> ListAsync(UserId owner, int limit, string? after, CancellationToken cancellationToken)
    {
        var query = new DocumentQuery(GalleryPhotoProjection.ViewKind, limit)
        {
            Entry = GalleryPhotoProjection.OwnedBy(owner),
            After = after,
            IsDescending = true,
        };
        return [.. (await views.QueryAsync(owner.Bucket(), query, cancellationToken)).Select(Read)];
    }

    /// <summary>Adds the addresses.</summary>
    public PhotoView Show(Versioned photo) => photo.Photo.Show(urls, photo.Version);

    private Versioned Read(Document document) => new(views.Read<GalleryPhoto>(document), document.Version);

    /// <param name="Photo">The view.</param>
    /// <param name="Version">Of the photo's stream.</param>
    internal sealed record Versioned(GalleryPhoto Photo, long Version);
}
