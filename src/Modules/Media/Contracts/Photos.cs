using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Monolith.Users.Contracts;

namespace Monolith.Media.Contracts;

/// <summary>A photo as its owner sees it.</summary>
/// <param name="Id">Which one.</param>
/// <param name="State">
/// <c>processing</c> until every variant is ready or failed; then <c>ready</c>, or <c>failed</c> when one of them is.
/// </param>
/// <param name="ContentHash">SHA-256 of the uploaded bytes, 64 hexadecimal digits.</param>
/// <param name="ContentType">Told by the content, never by the name.</param>
/// <param name="Width">In pixels, upright.</param>
/// <param name="Height">In pixels, upright.</param>
/// <param name="Bytes">Of the upload.</param>
/// <param name="UploadedAt">UTC.</param>
/// <param name="Variants">One for each preset that was configured at the upload, in the order of their names.</param>
/// <param name="Version">Rises with every change; the ETag.</param>
public sealed record PhotoView(
    PhotoId Id, [property: AllowedValues("processing", "ready", "failed")] string State, string ContentHash, string ContentType, int Width,
    int Height, long Bytes, DateTimeOffset UploadedAt,
    IReadOnlyList<VariantView> Variants, [property: JsonIgnore] long Version);

/// <summary>What one preset makes of a photo.</summary>
/// <param name="Preset">Its name in the configuration.</param>
/// <param name="State"><c>queued</c>, <c>ready</c> or <c>failed</c>.</param>
/// <param name="Url">Versioned by content, may be kept indefinitely; null until it is ready.</param>
/// <param name="ContentType">Null until it is ready.</param>
/// <param name="Width">In pixels; null until it is ready.</param>
/// <param name="Height">In pixels; null until it is ready.</param>
/// <param name="Bytes">Null until it is ready.</param>
/// <param name="Problem">Why it failed, a sentence; null otherwise.</param>
public sealed record VariantView(
    string Preset, [property: AllowedValues("queued", "ready", "failed")] string State, string? Url, string? ContentType, int? Width,
    int? Height, long? Bytes, string? Problem);

/// <summary>
/// Takes a photo in. Refuses with <c>unsupported-media</c>, <c>too-large</c>, <c>unprocessable-image</c> or <c>media.empty</c>, and then
/// stores nothing.
/// </summary>
/// <param name="Owner">Whose it is.</param>
/// <param name="Content">JPEG, PNG or WebP; read to its end.</param>
/// <param name="FileName">
/// Never stored, but its ending must agree with the content; null or without an ending when the client does not say.
/// </param>
public sealed record UploadPhoto(UserId Owner, Stream Content, string? FileName = null) : IRequest<Result<PhotoView>>
{
    /// <summary>Keeps the name, which may be personal, out of logs.</summary>
    public override string ToString() => nameof(UploadPhoto);
}

/// <summary>Asks for one of the caller's photos. Refuses with <c>not-found</c>.</summary>
public sealed record GetPhoto(UserId Owner, PhotoId PhotoId) : IRequest<Result<PhotoView>>;

/// <summary>Asks for the caller's photos, newest first.</summary>
/// <param name="Owner">Whose.</param>
/// <param name="Limit">How many at most.</param>
/// <param name="After">Id of the last one of the page before; null for the first page.</param>
public sealed record ListPhotos(UserId Owner, int Limit, string? After) : IRequest<Result<IReadOnlyList<PhotoView>>>;

/// <summary>
/// Deletes one of the caller's photos with everything made of it; one that the caller deleted already is fine. Refuses with
/// <c>not-found</c>.
/// </summary>
public sealed record DeletePhoto(UserId Owner, PhotoId PhotoId) : IRequest<Result<Done>>;

/// <summary>A photo came in.</summary>
/// <param name="PhotoId">Which one.</param>
/// <param name="Owner">Whose.</param>
/// <param name="EventId">Of the stored event: ids of what follows from it are derived from this.</param>
/// <param name="At">When, UTC.</param>
[Announcement("media.photo-uploaded.v1")]
public sealed record PhotoUploaded(PhotoId PhotoId, UserId Owner, Guid EventId, DateTimeOffset At) : INotification;

/// <summary>A photo is gone.</summary>
/// <param name="PhotoId">Which one.</param>
/// <param name="Owner">Whose it was.</param>
/// <param name="At">When, UTC.</param>
[Announcement("media.photo-deleted.v1")]
public sealed record PhotoDeleted(PhotoId PhotoId, UserId Owner, DateTimeOffset At) : INotification;
