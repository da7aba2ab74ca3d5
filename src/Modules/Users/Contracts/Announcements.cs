namespace Monolith.Users.Contracts;

/// <summary>Somebody opened an account.</summary>
/// <param name="UserId">Who.</param>
/// <param name="At">When, UTC.</param>
public sealed record UserRegistered(UserId UserId, DateTimeOffset At) : INotification;

/// <summary>A user has another password.</summary>
/// <param name="UserId">Who.</param>
/// <param name="KeptSession">The session that changed it, which stays; null when none does.</param>
/// <param name="At">When, UTC.</param>
public sealed record PasswordChanged(UserId UserId, Guid? KeptSession, DateTimeOffset At) : INotification;
