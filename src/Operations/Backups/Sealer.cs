using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Monolith.Operations.Backups;

/// <summary>Seals the frames of one file with a key of its own: without the key they cannot be read, changed, moved or cut off.</summary>
/// <remarks>
/// AES-256-GCM in the manner of STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015), as age has it: the nonce is the number of the frame with
/// a mark on the last one. The key comes from the deployment's by HKDF with the file's name and 32 random bytes, so no nonce is ever used
/// twice.
/// </remarks>
internal sealed class Sealer : IDisposable
{
    /// <summary>Bytes of a whole frame, open; four pages of the store.</summary>
    public const int FrameSize = 16 << 10;

    /// <summary>By how much a frame grows when it is sealed.</summary>
    public const int TagSize = 16;

    /// <summary>Bytes before the first frame.</summary>
    public const int HeaderSize = 32;

    private readonly AesGcm _cipher;

    /// <param name="key">Of the backup, 32 bytes.</param>
    /// <param name="name">Of the file within the backup.</param>
    /// <param name="header">32 random bytes that begin the file.</param>
    public Sealer(byte[] key, string name, ReadOnlySpan<byte> header)
    {
        var own = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 32, header.ToArray(), Encoding.UTF8.GetBytes($"monolith backup {name}"));
        _cipher = new AesGcm(own, TagSize);
    }

    /// <summary>Seals a frame; the result is longer by <see cref="TagSize"/>.</summary>
    public void Seal(long index, bool isLast, ReadOnlySpan<byte> open, Span<byte> result)
    {
        Span<byte> nonce = stackalloc byte[12];
        WriteNonce(nonce, index, isLast);
        _cipher.Encrypt(nonce, open, result[..open.Length], result.Slice(open.Length, TagSize));
    }

    /// <summary>Opens a frame; the result is shorter by <see cref="TagSize"/>.</summary>
    /// <exception cref="AuthenticationTagMismatchException">It is not the frame that was sealed.</exception>
    public void Open(long index, bool isLast, ReadOnlySpan<byte> box, Span<byte> result)
    {
        Span<byte> nonce = stackalloc byte[12];
        WriteNonce(nonce, index, isLast);
        _cipher.Decrypt(nonce, box[..^TagSize], box[^TagSize..], result[..(box.Length - TagSize)]);
    }

    public void Dispose() => _cipher.Dispose();

    private static void WriteNonce(Span<byte> nonce, long index, bool isLast)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt64BigEndian(nonce[3..], index);
        nonce[11] = isLast ? (byte)1 : (byte)0;
    }
}
