using Monolith.Media.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Media;

/// <summary>A photo: what was uploaded, and how far each of its variants is. Its source never changes, so a variant is made once.</summary>
internal sealed record Photo : IAggregate<Photo>
{
    public static string Category => "photo";

    public static string Kind => "media.photo.v1";

    public static Photo Initial { get; } = new();

    public PhotoId Id { get; init; }

    public UserId Owner { get; init; }

    public bool IsDeleted { get; init; }

    public IReadOnlyList<Variant> Variants { get; init; } = [];

    public static StreamId StreamOf(PhotoId id) => StreamId.Of(Category, id);

    public static Guid? SubjectOf(StreamId stream, Photo state) => state.Owner.Value;

    public static Uploaded Upload(PhotoId id, UserId owner, StoredImage image, IReadOnlyList<string> presets, DateTimeOffset now) =>
        new(id, owner, image.ContentHash, image.ContentType, image.Width, image.Height, image.Bytes, presets, now);

    /// <summary>Whether there is still something to make. A variant that failed may yet be made, by a job that is tried again.</summary>
    public bool Lacks(string preset) => !IsDeleted && Variants.Any(v => v.Preset == preset && v.ContentHash is null);

    /// <summary>Null when there is nothing to record: it is ready already, was never asked for, or the photo is gone.</summary>
    public VariantMade? RecordVariant(string preset, StoredImage image, DateTimeOffset now) => Lacks(preset)
        ? new VariantMade(preset, image.ContentHash, image.ContentType, image.Width, image.Height, image.Bytes, now)
        : null;

    /// <summary>Null when there is nothing to record, as above or because it failed before.</summary>
    public VariantFailed? FailVariant(string preset, string reason, DateTimeOffset now) =>
        Lacks(preset) && Variants.Any(v => v.Preset == preset && !v.HasFailed) ? new VariantFailed(preset, reason, now) : null;

    /// <summary>Null when it is gone already.</summary>
    public Deleted? Delete(DateTimeOffset now) => IsDeleted ? null : new Deleted(Id, Owner, now);

    public Photo Apply(object @event) => @event switch
    {
        Uploaded e => this with { Id = e.PhotoId, Owner = e.Owner, Variants = [.. e.Presets.Select(p => new Variant(p, null, false))] },
        VariantMade e => Change(e.Preset, v => v with { ContentHash = e.ContentHash, HasFailed = false }),
        VariantFailed e => Change(e.Preset, v => v with { HasFailed = true }),
        Deleted => this with { IsDeleted = true },
        _ => throw new UnknownEventException(typeof(Photo), @event),
    };

    private Photo Change(string preset, Func<Variant, Variant> change) =>
        this with { Variants = [.. Variants.Select(v => v.Preset == preset ? change(v) : v)] };

    /// <param name="Preset">Which one.</param>
    /// <param name="ContentHash">Null until it is ready.</param>
    /// <param name="HasFailed">Whether it failed for good.</param>
    internal sealed record Variant(string Preset, string? ContentHash, bool HasFailed);

    [EventType("media.photo-uploaded.v1")]
    internal sealed record Uploaded(
        PhotoId PhotoId, UserId Owner, [NotPersonal("a hash: tells nothing without the file")] string ContentHash,
        [NotPersonal("one of the types that we take")] string ContentType, int Width, int Height, long Bytes,
        [NotPersonal("names from the configuration")] IReadOnlyList<string> Presets, DateTimeOffset At);

    [EventType("media.variant-made.v1")]
    internal sealed record VariantMade(
        [NotPersonal("a name from the configuration")] string Preset,
        [NotPersonal("a hash: tells nothing without the file")] string ContentHash,
        [NotPersonal("one of the types that we make")] string ContentType, int Width, int Height, long Bytes, DateTimeOffset At);

    [EventType("media.variant-failed.v1")]
    internal sealed record VariantFailed(
        [NotPersonal("a name from the configuration")] string Preset, [NotPersonal("one of this module's own sentences")] string Reason,
        DateTimeOffset At);

    [EventType("media.photo-deleted.v1")]
    internal sealed record Deleted(PhotoId PhotoId, UserId Owner, DateTimeOffset At);
}
