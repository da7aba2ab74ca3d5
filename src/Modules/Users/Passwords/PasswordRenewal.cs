using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Monolith.Users.Contracts;

namespace Monolith.Users.Passwords;

/// <summary>
/// Replaces hashes of a former function or a lower cost while the password is known: after the log-in that brought it, and apart from it.
/// </summary>
/// <remarks>Best effort: what a restart loses, or what finds no room here, is replaced after the user's next log-in.</remarks>
internal sealed partial class PasswordRenewal(
    PasswordHashing passwords, IServiceScopeFactory scopes, TimeProvider clock, ILogger<PasswordRenewal> log) : BackgroundService
{
    // Each of them keeps a password in memory.
    private const int Waiting = 100;

    private readonly Channel<Renewal> _due = Channel.CreateBounded<Renewal>(
        new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>Takes a password that was verified against a hash; nothing happens unless the hash is outdated.</summary>
    public void Offer(UserId user, string hash, string password)
    {
        if (passwords.IsOutdated(hash))
        {
            _due.Writer.TryWrite(new(user, hash, password));
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var renewal in _due.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await RenewAsync(renewal, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogFailed(renewal.User, e);
            }
        }
    }

    private async Task RenewAsync(Renewal renewal, CancellationToken cancellationToken)
    {
        var hash = await passwords.HashAsync(renewal.Password, cancellationToken);
        await using var scope = scopes.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<ConflictRetry>().CommitAsync(
            async work =>
            {
                var user = await work.LoadAsync<User>(User.StreamOf(renewal.User), cancellationToken);
                if (user.State.RenewPasswordHash(renewal.Former, hash, clock.GetUtcNow()) is { } renewed)
                {
                    user.Append(renewed);
                }

                return default(Done);
            },
            cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "The password hash of user {UserId} was not renewed; the next log-in tries again")]
    private partial void LogFailed(UserId userId, Exception e);

    private sealed record Renewal(UserId User, string Former, string Password)
    {
        public override string ToString() => nameof(Renewal);
    }
}
