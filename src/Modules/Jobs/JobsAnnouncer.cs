using Monolith.Jobs.Contracts;

namespace Monolith.Jobs;

internal sealed class JobsAnnouncer : Announcer
{
    public JobsAnnouncer() => On<Job.Died, JobDied>((e, stored) =>
        new JobDied(new JobId(Guid.Parse(stored.Stream.Key)), e.Owner, e.Type, e.Subject, e.Reason, e.At));
}
