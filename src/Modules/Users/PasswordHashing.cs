using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Monolith.Users;

/// <summary>
/// Hashes and checks passwords, as many at once as there are cores: a storm of logins waits here and leaves the rest of the service alone.
/// </summary>
internal sealed class PasswordHashing : IDisposable
{
    // PBKDF2-HMAC-SHA-512, the count of OWASP's password storage cheat sheet. Each hash carries its count, so it can rise.
    private const int Iterations = 210_000;

    private static readonly object _anyUser = new();

    private readonly SemaphoreSlim _slots = new(Environment.ProcessorCount);
    private readonly PasswordHasher<object> _hasher;
    private readonly string _ofNoUser;

    public PasswordHashing(int iterations = Iterations)
    {
        _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = iterations }));
        _ofNoUser = _hasher.HashPassword(_anyUser, "a password that no user has");
    }

    public Task<string> HashAsync(string password, CancellationToken cancellationToken) =>
        RunAsync(() => _hasher.HashPassword(_anyUser, password), cancellationToken);

    /// <summary>Takes as long without a hash as with one, so that the answer's time does not tell whether there is an account.</summary>
    public async Task<bool> MatchesAsync(string? hash, string password, CancellationToken cancellationToken) =>
        await RunAsync(
            () => _hasher.VerifyHashedPassword(_anyUser, hash ?? _ofNoUser, password) != PasswordVerificationResult.Failed,
            cancellationToken)
        && hash is not null;

    public void Dispose() => _slots.Dispose();

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
