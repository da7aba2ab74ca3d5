using System.Text;
using Geralt;
using Microsoft.AspNetCore.Identity;

namespace Monolith.Users.Passwords;

/// <summary>
/// Hashes and checks passwords, as many at once as there are cores: a storm of log-ins waits here, leaves the rest of the service alone,
/// and takes at most <c>cores × memory</c>.
/// </summary>
/// <remarks>
/// A hash is a PHC string of Argon2id, which names its own cost, so the cost can rise. Stores from before hold hashes of ASP.NET Core
/// Identity (PBKDF2, Base64, so none of them begins with <c>$</c>); they are verified, and replaced at the next log-in.
/// </remarks>
internal sealed class PasswordHashing : IDisposable
{
    // OWASP's password storage cheat sheet: Argon2id with 19 MiB, two iterations, one lane.
    private const int Memory = 19 * 1024 * 1024;
    private const int Iterations = 2;

    private static readonly object _anyUser = new();
    private static readonly PasswordHasher<object> _former = new();

    private readonly SemaphoreSlim _slots = new(Environment.ProcessorCount);
    private readonly int _memory;
    private readonly string _ofNoUser;

    /// <param name="memory">Bytes that one hash takes, at least 8,192.</param>
    public PasswordHashing(int memory = Memory)
    {
        _memory = memory;
        _ofNoUser = Hash("a password that no user has");
    }

    public Task<string> HashAsync(string password, CancellationToken cancellationToken) =>
        RunAsync(() => Hash(password), cancellationToken);

    /// <summary>
    /// Takes as long without a hash as with one of today's, so that the answer's time does not tell whether there is an account.
    /// </summary>
    public async Task<bool> MatchesAsync(string? hash, string password, CancellationToken cancellationToken) =>
        await RunAsync(() => Matches(hash ?? _ofNoUser, password), cancellationToken) && hash is not null;

    /// <summary>Whether the hash was made by another function or at another cost than today's.</summary>
    public bool IsOutdated(string hash) => !IsArgon2(hash) || Argon2id.NeedsRehash(hash, Iterations, _memory);

    public void Dispose() => _slots.Dispose();

    private static bool IsArgon2(string hash) => hash.StartsWith('$');

    private static bool Matches(string hash, string password) => IsArgon2(hash)
        ? Argon2id.VerifyHash(hash, Encoding.UTF8.GetBytes(password))
        : _former.VerifyHashedPassword(_anyUser, hash, password) != PasswordVerificationResult.Failed;

    private string Hash(string password)
    {
        Span<char> hash = stackalloc char[Argon2id.HashSize];
        Argon2id.ComputeHash(hash, Encoding.UTF8.GetBytes(password), Iterations, _memory);
        return new string(hash.TrimEnd('\0'));
    }

    private async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(work, cancellationToken);
        }
        finally
        {
            _slots.Release();
        }
    }
}
