using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>Tells a user by mail that the password was replaced (ASVS 6.3.7): a user who did not do it learns of it.</summary>
[Reaction("users.tell-of-new-password", StartsNow = true)]
internal sealed class TellUserOfNewPassword(Aggregates aggregates, IMailer mailer) : INotificationHandler<PasswordChanged>
{
    public async Task Handle(PasswordChanged notification, CancellationToken cancellationToken)
    {
        if (await FindAsync(notification.UserId, cancellationToken) is { } user)
        {
            await mailer.SendAsync(
                new Mail(
                    Id.Derive(notification.UserId.Value, $"password-changed/{notification.At:O}"),
                    notification.UserId.Value,
                    user.Email,
                    "Your password was changed",
                    $"The password of your account was changed on {notification.At:yyyy-MM-dd HH:mm} UTC and your other sessions were "
                        + $"ended.\n\n"
                    + "If that was not you, contact us at once."),
                cancellationToken);
        }

        // The user may have been erased meanwhile, or before this was repeated after a crash: the mail may have come after the others were
        // removed.
        if (await FindAsync(notification.UserId, cancellationToken) is null)
        {
            await mailer.ForgetAsync(notification.UserId.Value, cancellationToken);
        }
    }

    private async Task<User?> FindAsync(UserId id, CancellationToken cancellationToken) =>
        (await aggregates.LoadAsync<User>(User.StreamOf(id), cancellationToken)).State is { Exists: true } user ? user : null;
}
