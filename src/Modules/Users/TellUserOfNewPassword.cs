using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>Tells a user by mail that the password was replaced (ASVS 6.3.7): whoever did not do it learns of it.</summary>
[Reaction("users.tell-of-new-password", StartsNow = true)]
internal sealed class TellUserOfNewPassword(UnitOfWork work, IMailer mailer) : INotificationHandler<PasswordChanged>
{
    public async Task Handle(PasswordChanged notification, CancellationToken cancellationToken)
    {
        var user = await work.LoadAsync<User>(User.StreamOf(notification.UserId), cancellationToken);
        await mailer.SendAsync(
            new Mail(
                Id.Derive(notification.UserId.Value, $"password-changed/{notification.At:O}"),
                user.State.Email,
                "Your password was changed",
                $"The password of your account was changed on {notification.At:yyyy-MM-dd HH:mm} UTC and your other sessions were ended.\n\n"
                + "If that was not you, contact us at once."),
            cancellationToken);
    }
}
