using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>Who holds an e-mail address. One stream per address, so the store's version check makes it unique.</summary>
internal sealed record EmailClaim : IAggregate<EmailClaim>
{
    public static string Category => "email";

    public static string Kind => "users.email-claim.v1";

    public static EmailClaim Initial { get; } = new();

    public UserId? Holder { get; init; }

    /// <summary>Lies in the bucket of the address, where the user who takes it is born, with kin 0: it belongs to no person.</summary>
    public static StreamId StreamOf(byte[] hash) => new(Bucket.Of(hash), Category, Convert.ToHexStringLower(hash));

    public Result<Taken> Take(UserId by, DateTimeOffset now) => Holder is null ? new Taken(by, now) : UsersErrors.EmailTaken;

    /// <summary>Null when somebody else holds it by now.</summary>
    public Released? Release(UserId by, DateTimeOffset now) => Holder == by ? new Released(by, now) : null;

    public EmailClaim Apply(object @event) => @event switch
    {
        Taken e => this with { Holder = e.By },
        Released => this with { Holder = null },
        _ => throw new UnknownEventException(typeof(EmailClaim), @event),
    };

    [EventType("users.email-taken.v1")]
    internal sealed record Taken(UserId By, DateTimeOffset At);

    [EventType("users.email-released.v1")]
    internal sealed record Released(UserId By, DateTimeOffset At);
}
