using System.Security.Cryptography;
using System.Text;

namespace Monolith.Users;

/// <summary>An e-mail address in the one spelling by which it is unique. It is kept as it was typed elsewhere.</summary>
internal sealed record Email
{
    private Email(string value) => Value = value;

    public string Value { get; }

    public static Email Normalize(string typed) => new(typed.Trim().ToLowerInvariant());
}

/// <summary>Hashes addresses with a secret of this deployment, so that ids and names of streams tell nothing about them.</summary>
internal sealed class EmailHash(Secrets secrets)
{
    private readonly Lazy<byte[]> _key = new(() => secrets.Derive("users.email"));

    public byte[] Of(Email email) => HMACSHA256.HashData(_key.Value, Encoding.UTF8.GetBytes(email.Value));
}
