using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Monolith.Kernel.Idempotency;

/// <summary>
/// What follows from a caller's idempotency key. We keep the id only: without the caller's key an answer cannot be read and a request
/// cannot be tested.
/// </summary>
public sealed class IdempotencyKey
{
    private const int MaxLength = 255;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    private readonly byte[] _sealing;
    private readonly byte[] _hashing;

    /// <param name="secret">Of the deployment.</param>
    /// <param name="caller">Keys of two callers have nothing to do with each other.</param>
    /// <param name="text">As sent.</param>
    internal IdempotencyKey(byte[] secret, Guid caller, string text)
    {
        var derived = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 96, info: Encoding.ASCII.GetBytes($"{caller}\n{text}"));
        (Id, _sealing, _hashing) = (Convert.ToHexStringLower(derived.AsSpan(0, 32)), derived[32..64], derived[64..]);
    }

    /// <summary>Names the record.</summary>
    internal string Id { get; }

    /// <summary>Tells whether an endpoint honours idempotency keys: when it changes something and knows its callers.</summary>
    /// <remarks>
    /// Without a caller, any client that learns a key could have the answer; and what strangers may call answers with secrets (logging in).
    /// </remarks>
    /// <param name="method">HTTP method.</param>
    /// <param name="metadata">Of the endpoint.</param>
    public static bool IsHeededBy(string method, IEnumerable<object> metadata) =>
        (HttpMethods.IsPost(method) || HttpMethods.IsPatch(method) || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method))
        && metadata.OfType<IAuthorizeData>().Any() && !metadata.OfType<IAllowAnonymous>().Any();

    /// <summary>Reads the header: one value of 1 to 255 visible ASCII characters.</summary>
    internal static bool TryRead(StringValues header, out string text)
    {
        text = header is [{ } only] ? only : "";
        return text.Length is > 0 and <= MaxLength && text.All(c => c is > ' ' and <= '~');
    }

    /// <summary>Begins the hash of a request.</summary>
    internal IncrementalHash Hash(string method, string address)
    {
        var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _hashing);
        hash.AppendData(Encoding.UTF8.GetBytes($"{method} {address}\n"));
        return hash;
    }

    /// <summary>Encrypts an answer: nonce, tag, content (AES-256-GCM).</summary>
    internal byte[] Seal(byte[] answer)
    {
        var box = new byte[NonceSize + TagSize + answer.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceSize));
        using var aes = new AesGcm(_sealing, TagSize);
        aes.Encrypt(box.AsSpan(0, NonceSize), answer, box.AsSpan(NonceSize + TagSize), box.AsSpan(NonceSize, TagSize));
        return box;
    }

    /// <summary>Decrypts an answer.</summary>
    internal byte[] Open(byte[] box)
    {
        var answer = new byte[box.Length - NonceSize - TagSize];
        using var aes = new AesGcm(_sealing, TagSize);
        aes.Decrypt(box.AsSpan(0, NonceSize), box.AsSpan(NonceSize + TagSize), box.AsSpan(NonceSize, TagSize), answer);
        return answer;
    }
}
