using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Monolith.Sessions;

/// <summary>Makes and hashes session tokens: 256 random bits each, known in clear to the client only.</summary>
internal static class SessionTokens
{
    // 32 bytes in base64url.
    private const int Length = 43;

    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>The form by which a token is looked up. The prefix keeps bearer and cookie apart: one is never taken for the other.</summary>
    public static string HashOfBearer(string token) => Hash("bearer:", token);

    /// <inheritdoc cref="HashOfBearer" />
    public static string HashOfCookie(string token) => Hash("cookie:", token);

    public static bool IsToken(string text) => text.Length == Length && Base64Url.IsValid(text);

    private static string Hash(string prefix, string token) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(prefix + token)));
}
