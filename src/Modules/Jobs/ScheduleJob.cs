using Monolith.Jobs.Contracts;

namespace Monolith.Jobs;

internal sealed class ScheduleJobValidator : AbstractValidator<ScheduleJob>
{
    public ScheduleJobValidator()
    {
        RuleFor(r => r.Id).Must((request, id) => id.Bucket() == request.Owner.Bucket())
            .WithMessage("A job lies in the bucket of its owner.");
        RuleFor(r => r.Job).NotNull();
        RuleFor(r => r.Subject).NotNull().MaximumLength(200);
    }
}

/// <summary>
/// Accepts a job in the commit of the caller. Refuses with <c>erased</c> when its owner is. Has no endpoint: jobs follow from what users do
/// in the modules.
/// </summary>
internal sealed class ScheduleJobHandler(UnitOfWork work, JobCatalog catalog, SubjectKeys keys, StoredJson json, TimeProvider clock)
    : IRequestHandler<ScheduleJob, Result<JobId>>
{
    public async Task<Result<JobId>> Handle(ScheduleJob request, CancellationToken cancellationToken)
    {
        var job = await work.LoadAsync<Job>(Job.StreamOf(request.Id), cancellationToken);
        if (job.Exists)
        {
            return request.Id;
        }

        if (await keys.IsErasedAsync(request.Owner.Value, cancellationToken))
        {
            return PlatformErrors.Erased;
        }

        job.Append(Job.Schedule(request, catalog.Of(request.Job), catalog.Write(request.Job), clock.GetUtcNow()));
        work.Send(JobMessage.For(job.State, json));
        await work.CommitAsync(cancellationToken);
        return request.Id;
    }
}

/// <summary>What lies in the queue for a job. The job itself is the record.</summary>
/// <param name="JobId">Which job.</param>
/// <param name="Trace">The span that asked for it, as <see cref="TraceParent"/> has it; null where no trace is exported.</param>
internal sealed record JobMessage(JobId JobId, string? Trace = null)
{
    public static SendMessage For(Job job, StoredJson json) =>
        new(job.MessageId(), job.Type, job.JobId.Bucket(), job.Lane, job.DueAt,
            json.Write(new JobMessage(job.JobId, TraceParent.Current)));
}
