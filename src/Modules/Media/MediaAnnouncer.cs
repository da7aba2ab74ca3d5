using Monolith.Media.Contracts;

namespace Monolith.Media;

/// <summary>Says what other modules may know, and starts what follows in this one.</summary>
internal sealed class MediaAnnouncer : Announcer
{
    public MediaAnnouncer()
    {
        On<Photo.Uploaded, PhotoUploaded>((e, stored) => new PhotoUploaded(e.PhotoId, e.Owner, stored.Id, e.At));
        On<Photo.Deleted, PhotoDeleted>((e, _) => new PhotoDeleted(e.PhotoId, e.Owner, e.At));
    }
}
