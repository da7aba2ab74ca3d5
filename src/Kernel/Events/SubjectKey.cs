using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Monolith.Kernel.Events;

/// <summary>Seals what is stored about one person (AES-256-GCM).</summary>
/// <remarks>
/// Sealed text is <c>~p1F.S.B</c>: the form F (<c>s</c> a string, <c>v</c> another JSON value, <c>d</c> a document, <c>t</c> a text), the subject S as
/// 32 hexadecimal digits, and B, base64url of nonce, tag and ciphertext. The place (which event and field, which document and version) is
/// authenticated, so a value cannot be moved elsewhere. The nonce is derived from place and content by a key of its own: the same content in
/// the same place gives the same bytes, as a rebuild of documents must, and anything else another nonce.
/// </remarks>
internal sealed class SubjectKey
{
    public const int Size = 32;

    private const int NonceSize = 12;
    private const int TagSize = 16;

    private readonly byte[] _key;
    private readonly byte[] _nonceKey;

    public SubjectKey(Guid subject, byte[] secret)
    {
        Subject = subject;
        _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, Size, info: "seal"u8.ToArray());
        _nonceKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, Size, info: "nonce"u8.ToArray());
    }

    public Guid Subject { get; }

    public string Seal(char form, string place, ReadOnlySpan<byte> content)
    {
        var context = Encoding.UTF8.GetBytes(place);
        var box = new byte[NonceSize + TagSize + content.Length];
        var nonce = box.AsSpan(0, NonceSize);
        using (var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _nonceKey))
        {
            hash.AppendData(context);
            hash.AppendData([0]); // no place holds a zero, so place and content cannot be divided otherwise
            hash.AppendData(content);
            hash.GetHashAndReset().AsSpan(0, NonceSize).CopyTo(nonce);
        }

        using var aes = new AesGcm(_key, TagSize);
        aes.Encrypt(nonce, content, box.AsSpan(NonceSize + TagSize), box.AsSpan(NonceSize, TagSize), context);
        return $"{SealedText.Mark}{form}.{Subject:N}.{Base64Url.EncodeToString(box)}";
    }

    /// <exception cref="CryptographicException">It was changed, or comes from another place.</exception>
    public byte[] Open(SealedText text, string place)
    {
        var box = text.Box.AsSpan();
        var content = new byte[box.Length - NonceSize - TagSize];
        using var aes = new AesGcm(_key, TagSize);
        aes.Decrypt(
            box[..NonceSize], box[(NonceSize + TagSize)..], box.Slice(NonceSize, TagSize), content, Encoding.UTF8.GetBytes(place));
        return content;
    }
}

/// <param name="Form">What is inside.</param>
/// <param name="Subject">Whose key opens it.</param>
/// <param name="Box">Nonce, tag and ciphertext.</param>
internal sealed record SealedText(char Form, Guid Subject, byte[] Box)
{
    public const string Mark = "~p1";

    public const char String = 's';
    public const char Value = 'v';
    public const char Document = 'd';
    public const char Text = 't';

    private const int BoxStart = 38; // mark, form, dot, 32 digits, dot

    public static bool IsIn(ReadOnlySpan<byte> text) => text.StartsWith("~p1"u8);

    /// <summary>Reads sealed text.</summary>
    /// <exception cref="CryptographicException">It begins like sealed text and is none.</exception>
    public static SealedText Parse(ReadOnlySpan<byte> text)
    {
        if (text.Length > BoxStart && text[4] == '.' && text[BoxStart - 1] == '.'
            && Guid.TryParseExact(Encoding.ASCII.GetString(text[5..(BoxStart - 1)]), "N", out var subject)
            && Base64Url.IsValid(text[BoxStart..]))
        {
            return new SealedText((char)text[3], subject, Base64Url.DecodeFromUtf8(text[BoxStart..]));
        }

        throw new CryptographicException("A sealed value is damaged.");
    }
}
