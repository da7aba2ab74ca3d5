using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>Answers the sessions module's question. Has no endpoint: passwords cannot be guessed over HTTP here.</summary>
internal sealed class VerifyPasswordHandler(UnitOfWork work, EmailHash emails, PasswordHashing passwords)
    : IRequestHandler<VerifyPassword, Result<UserId>>
{
    public async Task<Result<UserId>> Handle(VerifyPassword request, CancellationToken cancellationToken)
    {
        var claim = await work.LoadAsync<EmailClaim>(EmailClaim.StreamOf(emails.Of(Email.Normalize(request.Email))), cancellationToken);
        var user = claim.State.Holder is { } id ? await work.LoadAsync<User>(User.StreamOf(id), cancellationToken) : null;
        return await passwords.MatchesAsync(user?.State.PasswordHash, request.Password, cancellationToken)
            && claim.State.Holder is { } holder
            ? holder
            : UsersErrors.WrongCredentials;
    }
}
