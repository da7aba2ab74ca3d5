using Microsoft.AspNetCore.Http;

namespace Monolith.Kernel.Http;

/// <summary>The cookie that carries a session in a browser.</summary>
/// <remarks>
/// <c>__Host-</c> makes browsers refuse it without <c>Secure</c>, with a domain or with another path; they treat localhost as secure.
/// </remarks>
public static class SessionCookie
{
    /// <summary>Its name.</summary>
    public const string Name = "__Host-session";

    /// <summary>Gives the cookie to a browser.</summary>
    public static void Set(HttpResponse response, string token, DateTimeOffset expiresAt) =>
        response.Cookies.Append(Name, token, Options(expiresAt));

    /// <summary>Takes the cookie back.</summary>
    public static void Clear(HttpResponse response) => response.Cookies.Delete(Name, Options(null));

    private static CookieOptions Options(DateTimeOffset? expiresAt) =>
        new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Lax, Path = "/", Expires = expiresAt, IsEssential = true };
}
