using Monolith.Users.Contracts;

namespace Monolith.Users.Passwords;

/// <summary>Asks for the password once more, before something that an open session alone must not allow.</summary>
internal sealed class CurrentPassword(PasswordHashing passwords, IAttemptLimiter limits)
{
    // Slows down guesses at an open session.
    private readonly Throttle _byUser = new("current-password", free: 5, limits);

    /// <summary>The refusal when the user guessed wrong too often, otherwise null; asked before anything is read.</summary>
    public ValueTask<Error?> RefusalAsync(UserId user, CancellationToken cancellationToken) =>
        _byUser.RefusalAsync(user.ToString(), cancellationToken);

    /// <summary>Null when it is right, otherwise why the user is refused.</summary>
    public async Task<Error?> CheckAsync(UserId id, User user, string password, CancellationToken cancellationToken)
    {
        if (!await passwords.MatchesAsync(user.PasswordHash, password, cancellationToken))
        {
            await _byUser.FailedAsync(id.ToString());
            return UsersErrors.WrongPassword;
        }

        await _byUser.SucceededAsync(id.ToString());
        return null;
    }
}
