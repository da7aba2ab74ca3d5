using Monolith.Users.Contracts;

namespace Monolith.Sessions.Contracts;

/// <summary>Ends a session of a user. Refuses with <c>not-found</c> what is not one of the user's.</summary>
public sealed record EndSession(UserId UserId, SessionId SessionId) : IRequest<Result<Done>>;

/// <summary>Somebody logged in.</summary>
/// <param name="UserId">Who.</param>
/// <param name="SessionId">Which session.</param>
/// <param name="At">When, UTC.</param>
public sealed record SessionStarted(UserId UserId, SessionId SessionId, DateTimeOffset At) : INotification;
