using System.Security.Cryptography;
using System.Text;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Backups;

/// <summary>
/// With what backups are sealed: <c>Backup:KeyFile</c>, or <c>Backup:Passphrase</c>, best from the environment. Without either they are
/// not.
/// </summary>
internal static class BackupKey
{
    public const string Section = "Backup";

    // OWASP's count for PBKDF2-HMAC-SHA-512 is 210,000; a backup may be attacked for longer than a login, and pays only once.
    private const int Iterations = 600_000;

    private const int MinLength = 12;

    /// <summary>Refuses a setting that is not one of the two: mistyped, it would leave backups readable without a word.</summary>
    public static void Check(IConfiguration configuration, Faults faults) =>
        new SettingsReader(configuration.GetSection(Section), faults).RefuseUnknown(["KeyFile", "Passphrase"]);

    /// <summary>Reads the secret; null when none is configured.</summary>
    /// <exception cref="VerbFailedException">The file cannot be read, or the secret is too short.</exception>
    public static byte[]? Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        var secret = section["KeyFile"] is { Length: > 0 } path ? ReadFile(path) : Encoding.UTF8.GetBytes(section["Passphrase"] ?? "");
        return secret.Length switch
        {
            0 when section["KeyFile"] is null => null,
            < MinLength => throw new VerbFailedException($"The key of backups has {secret.Length} bytes, and needs {MinLength} or more."),
            _ => secret,
        };
    }

    /// <summary>Makes what a new series of backups is sealed with.</summary>
    public static (Seal Seal, byte[] Key) New(byte[] secret)
    {
        var salt = RandomNumberGenerator.GetBytes(32);
        var key = Derive(secret, salt);
        return (new Seal(salt, CheckOf(key)), key);
    }

    /// <summary>Finds the key of a series.</summary>
    /// <param name="secret">Null when none is configured.</param>
    /// <param name="seal">Null when the series is not sealed.</param>
    /// <returns>Null when it is not sealed.</returns>
    /// <exception cref="VerbFailedException">It was sealed with another secret.</exception>
    public static byte[]? Open(byte[]? secret, Seal? seal)
    {
        if (seal is null)
        {
            return null;
        }

        if (secret is null)
        {
            throw new VerbFailedException($"This backup is sealed; give the key as {Section}:KeyFile or {Section}__Passphrase.");
        }

        var key = Derive(secret, seal.Salt);
        return CryptographicOperations.FixedTimeEquals(CheckOf(key), seal.Check)
            ? key
            : throw new VerbFailedException("This backup was sealed with another key.");
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            // Written by hand, it mostly ends with an unintended line break.
            return Encoding.UTF8.GetBytes(File.ReadAllText(path).Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VerbFailedException($"{Section}:KeyFile cannot be read: {e.Message}");
        }
    }

    private static byte[] Derive(byte[] secret, byte[] salt) =>
        Rfc2898DeriveBytes.Pbkdf2(secret, salt, Iterations, HashAlgorithmName.SHA512, 32);

    private static byte[] CheckOf(byte[] key) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 16, info: "monolith backup check"u8.ToArray());
}

/// <summary>What is kept of the key, so that a wrong one is told at once.</summary>
/// <param name="Salt">32 random bytes.</param>
/// <param name="Check">Derived from the key, and of no use to find it.</param>
internal sealed record Seal(byte[] Salt, byte[] Check);
