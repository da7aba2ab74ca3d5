using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>A person with an account.</summary>
internal sealed record User : IAggregate<User>
{
    public static string Category => "user";

    public static string Kind => "users.user.v1";

    public static User Initial { get; } = new();

    public bool Exists { get; init; }

    public string Email { get; init; } = "";

    public string FirstName { get; init; } = "";

    public string LastName { get; init; } = "";

    public Address? Address { get; init; }

    public string PasswordHash { get; init; } = "";

    public DateTimeOffset MemberSince { get; init; }

    public bool IsAdmin { get; init; }

    public static StreamId StreamOf(UserId id) => StreamId.Of(Category, id);

    public static Registered Register(UserId id, RegisterUser request, string passwordHash, DateTimeOffset now) =>
        new(id, request.Email.Trim(), request.FirstName, request.LastName, request.Address, passwordHash, now);

    /// <summary>Nothing to do gives no event.</summary>
    public DetailsChanged? ChangeDetails(string firstName, string lastName, Address? address, DateTimeOffset now) =>
        (firstName, lastName, address) == (FirstName, LastName, Address) ? null : new DetailsChanged(firstName, lastName, address, now);

    public static PasswordReplaced ReplacePassword(string passwordHash, Guid? keptSession, DateTimeOffset now) => new(passwordHash, keptSession, now);

    public AdminMade? MakeAdmin(DateTimeOffset now) => IsAdmin ? null : new AdminMade(now);

    public User Apply(object @event) => @event switch
    {
        Registered e => this with
        {
            Exists = true,
            Email = e.Email,
            FirstName = e.FirstName,
            LastName = e.LastName,
            Address = e.Address,
            PasswordHash = e.PasswordHash,
            MemberSince = e.At,
        },
        DetailsChanged e => this with { FirstName = e.FirstName, LastName = e.LastName, Address = e.Address },
        PasswordReplaced e => this with { PasswordHash = e.PasswordHash },
        AdminMade => this with { IsAdmin = true },
        _ => throw new UnknownEventException(typeof(User), @event),
    };

    // Stored facts. They hold the address and the hash, so they never leave the module: others hear UserRegistered instead.

    [EventType("users.registered.v1")]
    internal sealed record Registered(
        UserId UserId, string Email, string FirstName, string LastName, Address? Address, string PasswordHash, DateTimeOffset At);

    [EventType("users.details-changed.v1")]
    internal sealed record DetailsChanged(string FirstName, string LastName, Address? Address, DateTimeOffset At);

    [EventType("users.password-replaced.v1")]
    internal sealed record PasswordReplaced(string PasswordHash, Guid? KeptSession, DateTimeOffset At);

    [EventType("users.admin-made.v1")]
    internal sealed record AdminMade(DateTimeOffset At);
}
