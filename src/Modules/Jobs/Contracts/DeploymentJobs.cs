using Monolith.Users.Contracts;

namespace Monolith.Jobs.Contracts;

/// <summary>Jobs without an owner: administrators alone see them, and no erasure removes them.</summary>
public static class DeploymentJobs
{
    /// <summary>Gives the id that stands as their owner in a place, so that jobs about a user's thing lie in the user's place.</summary>
    /// <remarks>No user has this id.</remarks>
    public static UserId OwnerIn(Bucket place) => UserId.From(Id.Of(place, "jobs.deployment"));
}
