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

    /// <summary>Null unless the user is erased.</summary>
    public DateTimeOffset? ErasedAt { get; init; }

    public static StreamId StreamOf(UserId id) => StreamId.Of(Category, id);

    public static Guid? SubjectOf(StreamId stream, User state) => Guid.Parse(stream.Key);

    /// <summary>An account keeps its place from others, so that a person can be moved alone.</summary>
    public static IReadOnlyList<IndexEntry> Entries(StreamId stream, User state) =>
        state.Exists && stream.Bucket.Kin > 0 ? [PlaceAllocator.ClaimOf(stream.Bucket)] : [];

    public static Registered Register(UserId id, RegisterUser request, string passwordHash, DateTimeOffset now) =>
        new(id, request.Email.Trim(), request.FirstName, request.LastName, request.Address, passwordHash, now);

    /// <summary>Nothing to do gives no event.</summary>
    public DetailsChanged? ChangeDetails(string firstName, string lastName, Address? address, DateTimeOffset now) =>
        (firstName, lastName, address) == (FirstName, LastName, Address) ? null : new DetailsChanged(firstName, lastName, address, now);

    public static PasswordReplaced ReplacePassword(string passwordHash, Guid? keptSession, DateTimeOffset now) =>
        new(passwordHash, keptSession, now);

    /// <summary>The same password at another cost; nothing when it was replaced in between.</summary>
    public PasswordHashRenewed? RenewPasswordHash(string former, string renewed, DateTimeOffset now) =>
        PasswordHash == former ? new PasswordHashRenewed(renewed, now) : null;

    public AdminMade? MakeAdmin(DateTimeOffset now) => IsAdmin ? null : new AdminMade(now);

    public static Erased Erase(DateTimeOffset now) => new(now);

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
        PasswordHashRenewed e => this with { PasswordHash = e.PasswordHash },
        AdminMade => this with { IsAdmin = true },
        Erased e => Initial with { ErasedAt = e.At },
        _ => throw new UnknownEventException(typeof(User), @event),
    };

    // Stored facts. They hold the address and the hash, so they never leave the module: others hear UserRegistered instead.

    [EventType("users.registered.v1")]
    internal sealed record Registered(
        UserId UserId, [Personal] string Email, [Personal] string FirstName, [Personal] string LastName, [Personal] Address? Address,
        [Personal] string PasswordHash, DateTimeOffset At);

    [EventType("users.details-changed.v1")]
    internal sealed record DetailsChanged(
        [Personal] string FirstName, [Personal] string LastName, [Personal] Address? Address, DateTimeOffset At);

    [EventType("users.password-replaced.v1")]
    internal sealed record PasswordReplaced([Personal] string PasswordHash, Guid? KeptSession, DateTimeOffset At);

    [EventType("users.password-hash-renewed.v1")]
    internal sealed record PasswordHashRenewed([Personal] string PasswordHash, DateTimeOffset At);

    [EventType("users.admin-made.v1")]
    internal sealed record AdminMade(DateTimeOffset At);

    [EventType("users.erased.v1")]
    internal sealed record Erased(DateTimeOffset At);
}
