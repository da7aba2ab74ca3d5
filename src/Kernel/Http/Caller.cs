using System.Security.Claims;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Http;

/// <summary>Reads who is calling from the claims that the session gave.</summary>
public static class Caller
{
    /// <summary>Claim that holds the user's id.</summary>
    public const string User = "sub";

    /// <summary>Claim that holds the session's id.</summary>
    public const string Session = "sid";

    /// <summary>Policy of endpoints that only an administrator may call.</summary>
    public const string AdminPolicy = "admin";

    /// <summary>Reads the caller's user id.</summary>
    /// <exception cref="InvalidOperationException">
    /// The endpoint lets strangers in, so there may be none: use <see cref="FindUserId"/>.
    /// </exception>
    public static TId UserId<TId>(this ClaimsPrincipal caller)
        where TId : struct, IId<TId> => Read<TId>(caller, User) ?? throw new InvalidOperationException("No user is signed in.");

    /// <summary>Reads the caller's user id; null without a signed-in user.</summary>
    public static TId? FindUserId<TId>(this ClaimsPrincipal caller)
        where TId : struct, IId<TId> => Read<TId>(caller, User);

    /// <summary>Reads the id of the caller's session; null without a signed-in user.</summary>
    public static Guid? FindSession(this ClaimsPrincipal caller) => Guid.TryParse(caller.FindFirstValue(Session), out var id) ? id : null;

    private static TId? Read<TId>(ClaimsPrincipal caller, string claim)
        where TId : struct, IId<TId> => Id.TryParse<TId>(caller.FindFirstValue(claim), out var id) ? id : null;
}
