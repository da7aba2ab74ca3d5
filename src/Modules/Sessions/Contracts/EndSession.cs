using Monolith.Users.Contracts;

namespace Monolith.Sessions.Contracts;

/// <summary>Ends a session of a user. Refuses with <c>not-found</c> what is not one of the user's.</summary>
public sealed record EndSession(UserId UserId, SessionId SessionId) : IRequest<Result<Done>>;
