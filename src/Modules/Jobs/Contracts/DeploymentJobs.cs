using Monolith.Users.Contracts;

namespace Monolith.Jobs.Contracts;

/// <summary>Jobs that are nobody's: administrators alone see them, and no erasure takes them away.</summary>
public static class DeploymentJobs
{
    /// <summary>Who stands as their owner in a place: jobs about something of a person's lie and move with that person. No user has this id.</summary>
    public static UserId OwnerIn(Bucket place) => UserId.From(Id.Of(place, "jobs.deployment"));
}
