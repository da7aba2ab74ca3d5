using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Monolith.Sessions;

/// <summary>Makes, reads and hashes session tokens: the place of the user and 256 random bits, known in clear to the client only.</summary>
internal static class SessionTokens
{
    private const int PlaceBytes = 4;
    private const int SecretBytes = 32;

    /// <summary>Makes a token. The place, which the user's id tells as well, says which shard to ask for the session.</summary>
    public static string New(Bucket home)
    {
        Span<byte> token = stackalloc byte[PlaceBytes + SecretBytes];
        BinaryPrimitives.WriteInt32BigEndian(token, home.Code);
        RandomNumberGenerator.Fill(token[PlaceBytes..]);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>
    /// The form by which a token is looked up. The prefix keeps bearer and cookie apart: one is never taken for the other.
    /// </summary>
    public static string HashOfBearer(string token) => Hash("bearer:", token);

    /// <inheritdoc cref="HashOfBearer" />
    public static string HashOfCookie(string token) => Hash("cookie:", token);

    /// <summary>Tells whether a text can be a token, and where its session lies.</summary>
    public static bool IsToken(string text, out Bucket home)
    {
        home = Bucket.Here;
        Span<byte> token = stackalloc byte[PlaceBytes + SecretBytes];
        return Base64Url.IsValid(text, out var length) && length == token.Length && Base64Url.DecodeFromChars(text, token) == length
            && Bucket.TryFromCode(BinaryPrimitives.ReadInt32BigEndian(token), out home) && !home.IsHere;
    }

    private static string Hash(string prefix, string token) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(prefix + token)));
}
