using System.Text.Json.Serialization;
using Monolith.Media.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Media;

/// <summary>What its owner sees of a photo, without the addresses: those depend on the deployment.</summary>
internal sealed record GalleryPhoto(
    PhotoId Id, UserId Owner, StoredImage Original, DateTimeOffset UploadedAt, IReadOnlyList<GalleryVariant> Variants)
{
    public static GalleryPhoto Of(Photo.Uploaded e) => new(
        e.PhotoId, e.Owner, new StoredImage(e.ContentHash, e.ContentType, e.Width, e.Height, e.Bytes), e.At,
        [.. e.Presets.Select(p => new GalleryVariant(p, null, null))]);

    public PhotoView Show(VariantUrls urls, long version) => new(
        Id, State, Original.ContentHash, Original.ContentType, Original.Width, Original.Height, Original.Bytes, UploadedAt,
        [.. Variants.Select(v => v.Show(Id, urls))], version);

    private string State =>
        Variants.Any(v => v.State == VariantStates.Queued) ? "processing"
        : Variants.Any(v => v.State == VariantStates.Failed) ? VariantStates.Failed
        : VariantStates.Ready;
}

/// <param name="Preset">Which one.</param>
/// <param name="Image">Null until it is ready.</param>
/// <param name="Problem">Why it failed; null otherwise.</param>
internal sealed record GalleryVariant(string Preset, StoredImage? Image, string? Problem)
{
    [JsonIgnore]
    public string State => this switch
    {
        { Image: not null } => VariantStates.Ready,
        { Problem: not null } => VariantStates.Failed,
        _ => VariantStates.Queued,
    };

    public VariantView Show(PhotoId photo, VariantUrls urls) => new(
        Preset, State, Image is null ? null : urls.UrlOf(photo, Preset, Image), Image?.ContentType, Image?.Width, Image?.Height,
        Image?.Bytes, Problem);
}

/// <summary>How far a variant can be. Part of the contract.</summary>
internal static class VariantStates
{
    public const string Queued = "queued";
    public const string Ready = "ready";
    public const string Failed = "failed";
}

internal sealed class GalleryPhotoProjection : Projection<GalleryPhoto>
{
    public const string ViewKind = "media.photo-view.v1";

    public override string Kind => ViewKind;

    public override string Category => Photo.Category;

    public static IndexEntry OwnedBy(UserId owner) => new("owner", owner.ToString());

    public override GalleryPhoto? Apply(GalleryPhoto? view, object @event) => @event switch
    {
        Photo.Uploaded e => GalleryPhoto.Of(e),
        Photo.VariantMade e => Change(
            view, e.Preset, new GalleryVariant(e.Preset, new StoredImage(e.ContentHash, e.ContentType, e.Width, e.Height, e.Bytes), null)),
        Photo.VariantFailed e => Change(view, e.Preset, new GalleryVariant(e.Preset, null, e.Reason)),
        Photo.Deleted => null,
        _ => view,
    };

    public override IReadOnlyList<IndexEntry> Entries(GalleryPhoto view) => [OwnedBy(view.Owner)];

    private static GalleryPhoto? Change(GalleryPhoto? view, string preset, GalleryVariant variant) => view is null
        ? null
        : view with { Variants = [.. view.Variants.Select(v => v.Preset == preset ? variant : v)] };
}
