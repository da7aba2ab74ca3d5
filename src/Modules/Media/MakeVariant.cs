using Monolith.Jobs.Contracts;
using Monolith.Media.Contracts;
using Monolith.Media.Imaging;

namespace Monolith.Media;

/// <summary>Makes what one preset makes of a photo. Repeatable: what is ready is not made again.</summary>
[JobType(TypeName, Lane = 0, MaxAttempts = 5, TimeoutSeconds = 60)]
internal sealed record MakeVariant(PhotoId PhotoId, string Preset) : IJob
{
    public const string TypeName = "media.make-variant.v1";

    /// <summary>What the job is about: by this its end is told to us.</summary>
    public string Subject() => $"{PhotoId}/{Preset}";

    /// <summary>Reads a subject back.</summary>
    public static MakeVariant Parse(string subject) => subject.Split('/') is [var photo, var preset] && PhotoId.TryParse(photo, out var id)
        ? new MakeVariant(id, preset)
        : throw new FormatException("A subject is photo/preset.");
}

internal sealed partial class MakeVariantHandler(
    UnitOfWork work, Originals originals, ImageEngine engine, IBlobStore blobs, MediaSettings settings, ConflictRetry retry,
    TimeProvider clock,
    ILogger<MakeVariantHandler> log) : IRequestHandler<MakeVariant, Result<Done>>
{
    public async Task<Result<Done>> Handle(MakeVariant request, CancellationToken cancellationToken)
    {
        var (id, preset) = request;
        var photo = await work.LoadAsync<Photo>(Photo.StreamOf(id), cancellationToken);
        if (!photo.State.Lacks(preset))
        {
            return default(Done);
        }

        if (!settings.Presets.TryGetValue(preset, out var recipe))
        {
            return MediaErrors.NoSuchPreset;
        }

        // Without an original the photo may have been deleted this moment: the exception lets the job look again later.
        var cooked = await originals.WorkOnAsync(id, original => engine.MakeAsync(original, recipe, cancellationToken), cancellationToken);
        if (!cooked.TryGet(out var made, out var refusal))
        {
            return refusal;
        }

        var image = StoredImage.Of(made);
        await blobs.PutAsync(PhotoKeys.Variant(id, image.ContentHash), new MemoryStream(made.Bytes, writable: false), cancellationToken);
        await RecordAsync(request, image, cancellationToken);
        return default(Done);
    }

    private async Task RecordAsync(MakeVariant request, StoredImage image, CancellationToken cancellationToken)
    {
        var isGone = await retry.CommitAsync(
            async decision =>
            {
                var photo = await decision.LoadAsync<Photo>(Photo.StreamOf(request.PhotoId), cancellationToken);
                if (photo.State.RecordVariant(request.Preset, image, clock.GetUtcNow()) is { } recorded)
                {
                    photo.Append(recorded);
                }

                return photo.State.IsDeleted;
            },
            cancellationToken);

        if (!isGone)
        {
            LogMade(request.PhotoId, request.Preset, image.Bytes);
            return;
        }

        // Either the file was written before the deletion was committed, and its reaction cannot know it, or after: in both cases it is
        // ours to remove. A crash right here leaves it to the sweep of orphans.
        await blobs.DeleteAsync(PhotoKeys.Variant(request.PhotoId, image.ContentHash), CancellationToken.None);
    }

    [LoggerMessage(LogLevel.Information, "Made variant {Preset} of photo {PhotoId}, {Bytes} bytes")]
    private partial void LogMade(PhotoId photoId, string preset, long bytes);
}

/// <summary>Schedules a job for each variant of a new photo, in the commit of the reaction: exactly once.</summary>
[Reaction("media.make-variants")]
internal sealed class MakeVariantsOnUpload(UnitOfWork work, IMediator mediator) : INotificationHandler<PhotoUploaded>
{
    public async Task Handle(PhotoUploaded notification, CancellationToken cancellationToken)
    {
        var photo = await work.LoadAsync<Photo>(Photo.StreamOf(notification.PhotoId), cancellationToken);
        foreach (var preset in photo.State.Variants.Select(v => v.Preset).Where(photo.State.Lacks))
        {
            var job = new MakeVariant(notification.PhotoId, preset);
            var id = JobId.From(Id.Derive(notification.EventId, preset));
            var scheduled = await mediator.Send(new ScheduleJob(id, notification.Owner, job, job.Subject()), cancellationToken);
            if (!scheduled.TryGet(out _, out var refusal) && refusal.Code != PlatformErrors.Erased.Code)
            {
                throw new InvalidOperationException($"The job was refused: {refusal.Code}.");
            }
        }
    }
}

/// <summary>Records at the photo that a variant failed for good, and why.</summary>
[Reaction("media.record-failed-variants")]
internal sealed class FailVariantOnJobDied(UnitOfWork work) : INotificationHandler<JobDied>
{
    public async Task Handle(JobDied notification, CancellationToken cancellationToken)
    {
        if (notification.Type != MakeVariant.TypeName)
        {
            return;
        }

        var (id, preset) = MakeVariant.Parse(notification.Subject);
        var photo = await work.LoadAsync<Photo>(Photo.StreamOf(id), cancellationToken);
        if (photo.State.FailVariant(preset, notification.Reason, notification.At) is { } failed)
        {
            photo.Append(failed);
            await work.CommitAsync(cancellationToken);
        }
    }
}
