namespace Monolith.Jobs.Contracts;

/// <summary>Asks how many jobs there are, for administrators. A moment behind, and never older than what the caller knows.</summary>
/// <param name="Days">How many of the latest days on which anything happened; 1 to 200.</param>
public sealed record GetJobStatistics(int Days = 30) : IRequest<JobStatistics>;

/// <summary>How many jobs there are.</summary>
/// <param name="Queued">Jobs that wait or are being worked on.</param>
/// <param name="Succeeded">Jobs that were done.</param>
/// <param name="Dead">Jobs that are dead and were not restarted.</param>
/// <param name="Days">What happened by day, latest first; a day on which nothing happened is left out.</param>
public sealed record JobStatistics(long Queued, long Succeeded, long Dead, IReadOnlyList<JobDay> Days);

/// <summary>What happened to jobs on one day.</summary>
/// <param name="Day">In UTC.</param>
/// <param name="Scheduled">Jobs scheduled.</param>
/// <param name="Succeeded">Jobs done.</param>
/// <param name="Died">Jobs that became dead.</param>
/// <param name="Retried">Dead jobs that were restarted.</param>
public sealed record JobDay(DateOnly Day, long Scheduled, long Succeeded, long Died, long Retried);
