namespace Monolith.Users.Contracts;

/// <summary>A user opened an account.</summary>
/// <param name="UserId">Who.</param>
/// <param name="At">When, UTC.</param>
[Announcement("users.user-registered.v1")]
public sealed record UserRegistered(UserId UserId, DateTimeOffset At) : INotification;

/// <summary>A user has another password.</summary>
/// <param name="UserId">Who.</param>
/// <param name="KeptSession">The session that changed it, which stays; null when none does.</param>
/// <param name="At">When, UTC.</param>
[Announcement("users.password-changed.v1")]
public sealed record PasswordChanged(UserId UserId, Guid? KeptSession, DateTimeOffset At) : INotification;

/// <summary>A user is gone for good, and the key with it: whatever a module keeps about that user it removes now.</summary>
/// <param name="UserId">Who it was.</param>
/// <param name="At">When, UTC.</param>
[Announcement("users.user-erased.v1")]
public sealed record UserErased(UserId UserId, DateTimeOffset At) : INotification;
