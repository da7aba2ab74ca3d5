namespace Monolith.Media.Contracts;

/// <summary>Asks how many photos there are, for administrators. A moment behind, and never older than what the caller knows.</summary>
/// <param name="Days">How many of the latest days on which anything happened; 1 to 200.</param>
public sealed record GetPhotoStatistics(int Days = 30) : IRequest<PhotoStatistics>;

/// <summary>How many photos there are.</summary>
/// <param name="Uploaded">Photos ever uploaded.</param>
/// <param name="Deleted">Of these, deleted by now.</param>
/// <param name="Variants">Variants made.</param>
/// <param name="Days">The same by day, latest first; a day on which nothing happened is left out.</param>
public sealed record PhotoStatistics(long Uploaded, long Deleted, long Variants, IReadOnlyList<PhotoDay> Days);

/// <summary>What happened to photos on one day.</summary>
/// <param name="Day">In UTC.</param>
/// <param name="Uploaded">Photos uploaded.</param>
/// <param name="Deleted">Photos deleted.</param>
/// <param name="Variants">Variants made.</param>
public sealed record PhotoDay(DateOnly Day, long Uploaded, long Deleted, long Variants);
