namespace Monolith.Users;

/// <summary>What this module refuses with. Codes are contract.</summary>
internal static class UsersErrors
{
    public static readonly Error EmailTaken = new(ErrorKind.Conflict, "users.email-taken", "This e-mail address has an account already.");

    /// <summary>Why there is nothing to show: erased, and when, or never there.</summary>
    public static Error NoUser(User user) => user.ErasedAt is not { } at ? PlatformErrors.NotFound : PlatformErrors.Erased with
    {
        Detail = string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"This account was erased on {at.UtcDateTime:yyyy-MM-dd}, with everything that belonged to it."),
    };

    public static readonly Error WrongCredentials = new(
        ErrorKind.Unauthenticated, "users.wrong-credentials", "The e-mail address or the password is wrong.");

    public static readonly Error WrongPassword = new(ErrorKind.Forbidden, "users.wrong-password", "The current password is wrong.");

    public static readonly Error AdminLinkInvalid = new(
        ErrorKind.Forbidden, "users.admin-link-invalid", "This link was used, replaced by a newer one, or never valid.");
}
