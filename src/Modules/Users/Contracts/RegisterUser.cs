using System.Text.Json.Serialization;

namespace Monolith.Users.Contracts;

/// <summary>
/// Opens an account. Refuses with <c>users.email-taken</c>, and with <c>rate-limited</c> a caller that tries too many taken addresses.
/// </summary>
/// <param name="Email">At most 254 characters; unique without regard to case.</param>
/// <param name="Password">8 to 128 characters.</param>
/// <param name="FirstName">1 to 80 characters.</param>
/// <param name="LastName">1 to 80 characters.</param>
/// <param name="Address">Null when it is not given.</param>
/// <param name="Network">Address the request came from, for throttling; never stored and never read from a body.</param>
public sealed record RegisterUser(
    string Email, string Password, string FirstName, string LastName, Address? Address = null, [property: JsonIgnore] string Network = "")
    : IRequest<Result<OwnUser>>
{
    /// <summary>Keeps the password out of logs.</summary>
    public override string ToString() => nameof(RegisterUser);
}

/// <summary>Where a user can be reached by post.</summary>
/// <param name="StreetAddress">At most 200 characters.</param>
/// <param name="City">At most 100 characters.</param>
/// <param name="State">At most 100 characters; empty where there are none.</param>
/// <param name="PostalCode">At most 20 characters.</param>
public sealed record Address(string StreetAddress, string City, string State, string PostalCode);

/// <summary>A user as that user sees it.</summary>
/// <param name="Id">Who.</param>
/// <param name="Email">As it was typed.</param>
/// <param name="FirstName">As it was typed.</param>
/// <param name="LastName">As it was typed.</param>
/// <param name="Address">Null when none was given.</param>
/// <param name="MemberSince">UTC.</param>
/// <param name="Version">Rises with every change; the ETag.</param>
public sealed record OwnUser(UserId Id, string Email, string FirstName, string LastName, Address? Address, DateTimeOffset MemberSince,
    [property: JsonIgnore] long Version);
