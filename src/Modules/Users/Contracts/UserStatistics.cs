namespace Monolith.Users.Contracts;

/// <summary>Asks how many accounts there are, for administrators. A moment behind, and never older than what the caller knows.</summary>
/// <param name="Days">How many of the latest days on which there were any; 1 to 200.</param>
public sealed record GetUserStatistics(int Days = 30) : IRequest<UserStatistics>;

/// <summary>How many accounts there are.</summary>
/// <param name="Opened">Accounts ever opened.</param>
/// <param name="Days">Those opened by day, latest first; a day without any is left out.</param>
public sealed record UserStatistics(long Opened, IReadOnlyList<SignUps> Days);

/// <summary>The accounts of one day.</summary>
/// <param name="Day">In UTC.</param>
/// <param name="Opened">Accounts opened.</param>
public sealed record SignUps(DateOnly Day, long Opened);
