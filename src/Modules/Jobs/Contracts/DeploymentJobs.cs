using Monolith.Users.Contracts;

namespace Monolith.Jobs.Contracts;

/// <summary>Jobs that are nobody's: administrators alone see them, and no erasure takes them away.</summary>
public static class DeploymentJobs
{
    /// <summary>Who stands as their owner in a bucket. No user has this id.</summary>
    public static UserId OwnerIn(Bucket bucket) => UserId.From(Id.Of(bucket, "jobs.deployment"));
}
