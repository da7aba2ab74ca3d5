namespace Monolith.Jobs;

/// <summary>What this module refuses with.</summary>
internal static class JobsErrors
{
    public static readonly Error NotDead = new(ErrorKind.Conflict, "jobs.not-dead", "Only a dead job can be restarted.");
}
