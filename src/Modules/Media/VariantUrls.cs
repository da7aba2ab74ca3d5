using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Monolith.Media.Contracts;

namespace Monolith.Media;

/// <summary>
/// Makes and checks the addresses of variants. Each carries what delivery needs, signed, so that delivery asks no database.
/// </summary>
/// <remarks>
/// <c>/m/{signature}/{preset}/{contentHash}.{ext}</c>, where the signature is base64url of: id of the key (1 byte), id of the photo (16),
/// the first 16 bytes of HMAC-SHA-256 over both, the preset and the file. The id of the key lets a new key come without breaking old
/// addresses.
/// </remarks>
internal sealed class VariantUrls(Secrets secrets, IEdge edge)
{
    private const byte KeyId = 1;
    private const int SignedLength = 1 + 16;
    private const int Length = SignedLength + 16;

    private readonly Lazy<byte[]> _key = new(() => secrets.Derive("media.urls"));

    public string UrlOf(PhotoId photo, string preset, StoredImage image)
    {
        var file = $"{image.ContentHash}.{image.Extension()}";
        Span<byte> signature = stackalloc byte[Length];
        Sign(KeyId, photo, preset, file, signature);
        return edge.UrlFor($"/m/{Base64Url.EncodeToString(signature)}/{preset}/{file}");
    }

    /// <summary>Tells whether an address is one of ours, and of which photo. What it says is to be trusted then.</summary>
    public bool TryVerify(string signature, string preset, string file, out PhotoId photo)
    {
        photo = default;
        Span<byte> given = stackalloc byte[Length];

        // One address, one spelling: the decoder would skip white space, and a cache would keep each spelling apart.
        if (signature.Length != Base64Url.GetEncodedLength(Length)
            || !Base64Url.TryDecodeFromChars(signature, given, out var length) || length != Length || given[0] != KeyId)
        {
            return false;
        }

        photo = PhotoId.From(new Guid(given[1..SignedLength], bigEndian: true));
        Span<byte> expected = stackalloc byte[Length];
        Sign(given[0], photo, preset, file, expected);
        return CryptographicOperations.FixedTimeEquals(given, expected);
    }

    private void Sign(byte keyId, PhotoId photo, string preset, string file, Span<byte> signature)
    {
        signature[0] = keyId;
        photo.Value.TryWriteBytes(signature[1..], bigEndian: true, out _);

        // Neither a preset nor the file can hold a slash, so no two pairs read alike.
        ReadOnlySpan<byte> signed = [.. signature[..SignedLength], .. Encoding.UTF8.GetBytes($"{preset}/{file}")];
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key.Value, signed, mac);
        mac[..(Length - SignedLength)].CopyTo(signature[SignedLength..]);
    }
}
