namespace Monolith.Users.Contracts;

/// <summary>
/// Erases a user for good, with everything that belongs to that user. Refuses with <c>users.wrong-password</c>, <c>rate-limited</c> after
/// too many wrong ones, <c>precondition-failed</c>, and <c>erased</c> when it was done already.
/// </summary>
/// <param name="UserId">Who.</param>
/// <param name="CurrentPassword">An open session alone does not allow this (ASVS 7.5.1).</param>
/// <param name="Expected">The version that is meant; any by default.</param>
public sealed record EraseUser(UserId UserId, string CurrentPassword, ExpectedVersion Expected = default) : IRequest<Result<Done>>
{
    /// <summary>Keeps the password out of logs.</summary>
    public override string ToString() => nameof(EraseUser);
}
