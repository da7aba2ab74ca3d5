using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>Says what other modules may know.</summary>
internal sealed class UsersAnnouncer : Announcer
{
    public UsersAnnouncer()
    {
        On<User.Registered, UserRegistered>((e, _) => new UserRegistered(e.UserId, e.At));
        On<User.PasswordReplaced, PasswordChanged>(
            (e, stored) => new PasswordChanged(new UserId(Guid.Parse(stored.Stream.Key)), e.KeptSession, e.At));
        On<User.Erased, UserErased>((e, stored) => new UserErased(new UserId(Guid.Parse(stored.Stream.Key)), e.At));
    }
}
