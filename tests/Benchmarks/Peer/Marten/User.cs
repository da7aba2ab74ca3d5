namespace Monolith.Peer;

public sealed record UserRegistered(
    Guid UserId, string Email, string FirstName, string LastName, Address? Address, DateTimeOffset At);

public sealed record UserDetailsChanged(string FirstName, string LastName, Address? Address, DateTimeOffset At);

public sealed record Address(string StreetAddress, string City, string State, string PostalCode);

/// <summary>The inline snapshot: a document that Marten writes in the transaction of the event.</summary>
/// <param name="UniqueEmail">The one spelling by which the address is unique.</param>
public sealed record User(
    Guid Id, string Email, string UniqueEmail, string FirstName, string LastName, Address? Address, DateTimeOffset MemberSince)
{
    /// <summary>Of the stream; set by Marten.</summary>
    public int Version { get; set; }

    public static string Unique(string email) => email.Trim().ToLowerInvariant();

    public static User Create(UserRegistered e) =>
        new(e.UserId, e.Email, Unique(e.Email), e.FirstName, e.LastName, e.Address, e.At);

    public User Apply(UserDetailsChanged e) => this with { FirstName = e.FirstName, LastName = e.LastName, Address = e.Address };
}
