namespace Monolith.Users.Contracts;

/// <summary>
/// Asks whose e-mail and password these are. Refuses with <c>users.wrong-credentials</c>; takes as long whether or not the account exists.
/// </summary>
public sealed record VerifyPassword(string Email, string Password) : IRequest<Result<UserId>>
{
    /// <summary>Keeps the password out of logs.</summary>
    public override string ToString() => nameof(VerifyPassword);
}

/// <summary>Asks for a user's own data. Refuses with <c>not-found</c>.</summary>
public sealed record GetOwnUser(UserId UserId) : IRequest<Result<OwnUser>>;

/// <summary>Asks whether a user is an administrator.</summary>
public sealed record IsAdmin(UserId UserId) : IRequest<bool>;

/// <summary>
/// Makes a user the first administrator. Refuses with <c>users.admin-link-invalid</c> unless the token is that of the one-time link.
/// </summary>
public sealed record BecomeFirstAdmin(UserId UserId, string Token) : IRequest<Result<Done>>
{
    /// <summary>Keeps the token out of logs.</summary>
    public override string ToString() => nameof(BecomeFirstAdmin);
}
