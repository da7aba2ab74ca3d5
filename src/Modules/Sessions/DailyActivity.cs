using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Monolith.Users.Contracts;

namespace Monolith.Sessions;

/// <summary>
/// Stores on which days a user was there, before the first request of a day is answered: what is not stored then cannot be counted later.
/// </summary>
internal sealed partial class DailyActivity(IServiceScopeFactory scopes, TimeProvider clock, ILogger<DailyActivity> log)
{
    // About 2 MB. Forgetting all of them costs each one read.
    private const int MaxKnown = 10_000;

    // A store that hangs holds up the first request of a day no longer than this.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    private static readonly Meter _meter = new($"{Meters.Prefix}.Sessions");

    private static readonly Counter<long> _missed = _meter.CreateCounter<long>(
        "monolith.activity.missed", "{request}", "Requests answered though the day of their user could not be stored");

    private readonly ConcurrentDictionary<(UserId User, DateOnly Day), Lazy<Task<bool>>> _noted = new();

    /// <summary>Stores the day of a request when its session was last seen on an earlier one.</summary>
    /// <returns>Whether the day is stored. When it is not, the request goes on, and the next one with this session tries again.</returns>
    public async ValueTask<bool> NoteAsync(SessionRecord session, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var day = ActiveDays.DayOf(now);
        if (ActiveDays.DayOf(session.LastSeenAt) >= day)
        {
            return true;
        }

        if (_noted.Count >= MaxKnown)
        {
            _noted.Clear();
        }

        var key = (new UserId(session.UserId), day);
        var noting = _noted.GetOrAdd(key, k => new Lazy<Task<bool>>(() => StoreAsync(k.User, k.Day)));
        var isStored = await IsStoredAsync(noting.Value, cancellationToken);
        if (!isStored)
        {
            _missed.Add(1);
            if (noting.Value.IsCompleted)
            {
                _noted.TryRemove(new(key, noting));
            }
        }

        return isStored;
    }

    private async Task<bool> IsStoredAsync(Task<bool> storing, CancellationToken cancellationToken)
    {
        try
        {
            return await storing.WaitAsync(_patience, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    // In a scope of its own: it is no part of what the request does, of its idempotency key for example, and other requests may wait for it
    // too.
    private async Task<bool> StoreAsync(UserId user, DateOnly day)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<CommitScope>().Actor = user.Value;
            await scope.ServiceProvider.GetRequiredService<ConflictRetry>().CommitAsync(
                async work =>
                {
                    await ActiveDays.NoteAsync(work, user, day, CancellationToken.None);
                    return default(Done);
                },
                CancellationToken.None);
            return true;
        }
        catch (SubjectErasedException)
        {
            return true; // The session is about to end; there is nothing to count.
        }
#pragma warning disable CA1031 // Whatever keeps a day from being counted is no reason to refuse the request.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogMissed(e);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Could not store that a user was active today")]
    private partial void LogMissed(Exception exception);
}
