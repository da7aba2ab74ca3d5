namespace Monolith.Users;

/// <summary>What this module refuses with. Codes are contract.</summary>
internal static class UsersErrors
{
    public static readonly Error EmailTaken = new(ErrorKind.Conflict, "users.email-taken", "This e-mail address has an account already.");

    public static readonly Error WrongCredentials = new(ErrorKind.Unauthenticated, "users.wrong-credentials", "The e-mail address or the password is wrong.");

    public static readonly Error WrongPassword = new(ErrorKind.Forbidden, "users.wrong-password", "The current password is wrong.");

    public static readonly Error AdminLinkInvalid = new(ErrorKind.Forbidden, "users.admin-link-invalid", "This link was used, replaced by a newer one, or never valid.");
}
