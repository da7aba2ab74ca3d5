using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>Who holds an e-mail address. One stream per address, so the store's version check makes it unique.</summary>
internal sealed record EmailClaim : IAggregate<EmailClaim>
{
    public static string Category => "email";

    public static string Kind => "users.email-claim.v1";

    public static EmailClaim Initial { get; } = new();

    public UserId? Holder { get; init; }

    /// <summary>
    /// Null where the address was never reserved, and once it was taken or released. One that ended may still stand here.
    /// </summary>
    public Reservation? Reservation { get; init; }

    /// <summary>Lies in the bucket of the address, where the user who takes it is born, with kin 0: it belongs to no person.</summary>
    public static StreamId StreamOf(byte[] hash) => new(Bucket.Of(hash), Category, Convert.ToHexStringLower(hash));

    /// <summary>
    /// Keeps the address for a user until a moment; again for the same user to keep it longer. Refused while it is taken, or reserved by
    /// another.
    /// </summary>
    public Result<Reserved> Reserve(UserId by, DateTimeOffset until, DateTimeOffset now) =>
        IsFreeFor(by, now) ? new Reserved(by, until) : UsersErrors.EmailTaken;

    /// <summary>Refused while it is taken, or reserved by another.</summary>
    public Result<Taken> Take(UserId by, DateTimeOffset now) => IsFreeFor(by, now) ? new Taken(by, now) : UsersErrors.EmailTaken;

    /// <summary>Null when another user holds it by now.</summary>
    public Released? Release(UserId by, DateTimeOffset now) => Holder == by ? new Released(by, now) : null;

    public EmailClaim Apply(object @event) => @event switch
    {
        Reserved e => this with { Reservation = new Reservation(e.By, e.Until) },
        Taken e => this with { Holder = e.By, Reservation = null },
        Released => this with { Holder = null, Reservation = null },
        _ => throw new UnknownEventException(typeof(EmailClaim), @event),
    };

    private bool IsFreeFor(UserId user, DateTimeOffset now) =>
        Holder is null && (Reservation is not { } r || r.By == user || r.Until <= now);

    /// <summary>
    /// The address is kept for a user who does not hold it yet. Ends by itself, so that a registration that is never completed blocks the
    /// address for a while only.
    /// </summary>
    /// <remarks>
    /// No use case stores it as long as there is one region: the address and the user are one commit then. Where the user is born in
    /// another region than the address lies in, they are two, and the address is reserved first: in its own stream, whose version lets one
    /// of several regions win. It is in the catalogue already so that every version that reads this log knows it.
    /// </remarks>
    /// <param name="By">The user who is being registered.</param>
    /// <param name="Until">When it ends unless it was taken before, UTC.</param>
    [EventType("users.email-reserved.v1")]
    internal sealed record Reserved(UserId By, DateTimeOffset Until);

    [EventType("users.email-taken.v1")]
    internal sealed record Taken(UserId By, DateTimeOffset At);

    [EventType("users.email-released.v1")]
    internal sealed record Released(UserId By, DateTimeOffset At);
}

/// <summary>Who an address is kept for.</summary>
/// <param name="By">The user who is being registered.</param>
/// <param name="Until">When it ends, UTC.</param>
internal sealed record Reservation(UserId By, DateTimeOffset Until);
