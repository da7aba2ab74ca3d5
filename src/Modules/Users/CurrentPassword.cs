using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>Asks for the password once more, before something that nobody at somebody else's open session may do.</summary>
internal sealed class CurrentPassword(PasswordHashing passwords, TimeProvider clock)
{
    // Slows down whoever sits at somebody's open session and guesses.
    private readonly Throttle _byUser = new(free: 5, clock);

    /// <summary>Whether the user guessed wrong too often; asked before anything is read.</summary>
    public bool IsBlocked(UserId user, out Error refusal) => _byUser.IsBlocked(user.ToString(), out refusal);

    /// <summary>Null when it is right, otherwise why the user is refused.</summary>
    public async Task<Error?> CheckAsync(UserId id, User user, string password, CancellationToken cancellationToken)
    {
        if (!await passwords.MatchesAsync(user.PasswordHash, password, cancellationToken))
        {
            _byUser.Failed(id.ToString());
            return UsersErrors.WrongPassword;
        }

        _byUser.Succeeded(id.ToString());
        return null;
    }
}
