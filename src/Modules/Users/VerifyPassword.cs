using Monolith.Users.Contracts;
using Monolith.Users.Passwords;

namespace Monolith.Users;

/// <summary>Answers the sessions module's question. Has no endpoint: passwords cannot be guessed over HTTP here.</summary>
internal sealed class VerifyPasswordHandler(UnitOfWork work, EmailHash emails, PasswordHashing passwords, PasswordRenewal renewal)
    : IRequestHandler<VerifyPassword, Result<UserId>>
{
    public async Task<Result<UserId>> Handle(VerifyPassword request, CancellationToken cancellationToken)
    {
        var claim = await work.LoadAsync<EmailClaim>(EmailClaim.StreamOf(emails.Of(Email.Normalize(request.Email))), cancellationToken);
        var user = claim.State.Holder is { } id ? await work.LoadAsync<User>(User.StreamOf(id), cancellationToken) : null;
        var hash = user?.State.PasswordHash;
        if (!await passwords.MatchesAsync(hash, request.Password, cancellationToken)
            || claim.State.Holder is not { } holder || hash is null)
        {
            return UsersErrors.WrongCredentials;
        }

        renewal.Offer(holder, hash, request.Password);
        return holder;
    }
}
