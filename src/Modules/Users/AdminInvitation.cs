using System.Buffers.Text;
using System.Security.Cryptography;
using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>The one-time link by which the first administrator is made. There is one in a deployment; a new link ends the former.</summary>
internal sealed record AdminInvitation : IAggregate<AdminInvitation>
{
    public static string Category => "admin_invitation";

    public static string Kind => "users.admin-invitation.v1";

    public static AdminInvitation Initial { get; } = new();

    public static StreamId Stream { get; } = new(new Bucket(0), Category, "first");

    public string TokenHash { get; init; } = "";

    public UserId? AcceptedBy { get; init; }

    public static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <param name="token">Of the new link.</param>
    /// <param name="isHolderGone">Whether the user who accepted it is erased: without an administrator no other could be made.</param>
    /// <param name="now">When.</param>
    public Issued? Issue(string token, bool isHolderGone, DateTimeOffset now) =>
        AcceptedBy is null || isHolderGone ? new Issued(HashOf(token), now) : null;

    /// <summary>Accepting again as the same user is a retry and gives no event.</summary>
    public Result<Accepted[]> Accept(string token, UserId by, DateTimeOffset now)
    {
        var isRight = CryptographicOperations.FixedTimeEquals(Convert.FromHexString(TokenHash), Convert.FromHexString(HashOf(token)));
        return !isRight || (AcceptedBy is { } former && former != by) ? UsersErrors.AdminLinkInvalid
            : AcceptedBy is null ? new Accepted[] { new(by, now) }
            : Array.Empty<Accepted>();
    }

    public AdminInvitation Apply(object @event) => @event switch
    {
        Issued e => this with { TokenHash = e.TokenHash, AcceptedBy = null },
        Accepted e => this with { AcceptedBy = e.By },
        _ => throw new UnknownEventException(typeof(AdminInvitation), @event),
    };

    private static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(token)));

    [EventType("users.admin-invitation-issued.v1")]
    internal sealed record Issued([NotPersonal("hash of a random token")] string TokenHash, DateTimeOffset At);

    [EventType("users.admin-invitation-accepted.v1")]
    internal sealed record Accepted(UserId By, DateTimeOffset At);
}
