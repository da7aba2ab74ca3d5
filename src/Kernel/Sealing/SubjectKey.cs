using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Monolith.Kernel.Sealing;

/// <summary>Seals what is stored about one person (AES-256-GCM).</summary>
/// <remarks>
/// Sealed text is <c>~p1F.S.B</c>: the form F (<c>s</c> a string, <c>v</c> another JSON value, <c>d</c> a document, <c>t</c> a text), the
/// subject S as 32 hexadecimal digits, and B, base64url of nonce, tag and ciphertext. The place (which event and field, which document and
/// version) is authenticated, so a value cannot be moved elsewhere. The nonce is derived from place and content by a key of its own: the
/// same content in the same place gives the same bytes, as a rebuild of documents must, and anything else another nonce.
/// </remarks>
// A cache that drops a key cannot know which callers still use it: its cipher goes with the last of them, by its finalizer.
#pragma warning disable CA1001
internal sealed class SubjectKey
#pragma warning restore CA1001
{
    public const int Size = 32;

    private const int NonceSize = 12;
    private const int TagSize = 16;

    /// <summary>Of what holds nothing.</summary>
    public const int MinBoxSize = NonceSize + TagSize;

    // Made once: new ones for each value would cost more than all the rest. They are not safe for parallel use.
    private readonly AesGcm _aes;
    private readonly Lock _lock = new();
    private readonly byte[] _nonceKey;
    private IncrementalHash? _nonces;

    public SubjectKey(Guid subject, byte[] secret)
    {
        Subject = subject;
        var root = HKDF.Extract(HashAlgorithmName.SHA256, secret);
        _aes = new AesGcm(HKDF.Expand(HashAlgorithmName.SHA256, root, Size, info: "seal"u8.ToArray()), TagSize);
        _nonceKey = HKDF.Expand(HashAlgorithmName.SHA256, root, Size, info: "nonce"u8.ToArray());
    }

    public Guid Subject { get; }

    public string Seal(char form, string place, ReadOnlySpan<byte> content)
    {
        var context = Encoding.UTF8.GetBytes(place);
        var box = new byte[NonceSize + TagSize + content.Length];
        lock (_lock)
        {
            WriteNonceOf(context, content, box.AsSpan(0, NonceSize));
            _aes.Encrypt(box.AsSpan(0, NonceSize), content, box.AsSpan(NonceSize + TagSize), box.AsSpan(NonceSize, TagSize), context);
        }

        return $"{SealedText.Mark}{form}.{Subject:N}.{Base64Url.EncodeToString(box)}";
    }

    /// <exception cref="CryptographicException">It was changed, or comes from another place.</exception>
    public byte[] Open(SealedText text, string place)
    {
        var box = text.Box.AsSpan();
        var content = new byte[box.Length - NonceSize - TagSize];
        var context = Encoding.UTF8.GetBytes(place);
        lock (_lock)
        {
            _aes.Decrypt(box[..NonceSize], box[(NonceSize + TagSize)..], box.Slice(NonceSize, TagSize), content, context);
        }

        return content;
    }

    private void WriteNonceOf(ReadOnlySpan<byte> context, ReadOnlySpan<byte> content, Span<byte> nonce)
    {
        // Only by the first value that is sealed: most keys that are looked up open something, and no more.
        _nonces ??= IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _nonceKey);

        // No place holds a zero, so place and content cannot be divided otherwise.
        _nonces.AppendData(context);
        _nonces.AppendData([0]);
        _nonces.AppendData(content);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        _nonces.GetHashAndReset(hash);
        hash[..NonceSize].CopyTo(nonce);
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
            && Base64Url.IsValid(text[BoxStart..], out var size) && size >= SubjectKey.MinBoxSize)
        {
            return new SealedText((char)text[3], subject, Base64Url.DecodeFromUtf8(text[BoxStart..]));
        }

        throw new CryptographicException("A sealed value is damaged.");
    }
}
