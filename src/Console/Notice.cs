using System.Buffers.Text;
using System.Text;

namespace Monolith.Pages;

/// <summary>One sentence for the next page. It travels in a cookie, so any node can show it.</summary>
/// <param name="Text">For a person.</param>
/// <param name="IsProblem">Whether something was refused.</param>
public sealed record Notice(string Text, bool IsProblem)
{
    // With this prefix no other host, not even a subdomain, can put words in our mouth.
    private const string Cookie = "__Host-notice";

    private static readonly CookieOptions _options = new()
    {
        HttpOnly = true,
        Secure = true,
        SameSite = SameSiteMode.Lax,
        Path = "/",
        MaxAge = TimeSpan.FromMinutes(1),
        IsEssential = true,
    };

    /// <summary>Leaves it for the next page.</summary>
    public void Leave(HttpContext http) => http.Response.Cookies.Append(
        Cookie, (IsProblem ? "!" : ".") + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Text)), _options);

    /// <summary>Takes what the step before left; null when that is nothing.</summary>
    public static Notice? Take(HttpContext http)
    {
        if (http.Request.Cookies[Cookie] is not { Length: > 1 and < 2_000 } value || !Base64Url.IsValid(value.AsSpan(1)))
        {
            return null;
        }

        http.Response.Cookies.Delete(Cookie, _options);
        return new Notice(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(value.AsSpan(1))), value[0] == '!');
    }
}
