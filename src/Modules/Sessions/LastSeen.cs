using System.Threading.Channels;
using Microsoft.Extensions.Hosting;

namespace Monolith.Sessions;

/// <summary>Notes when a session was last used: at most once a minute each, behind the request's back.</summary>
internal sealed partial class LastSeen(KnownSessions sessions, TimeProvider clock, ILogger<LastSeen> log) : BackgroundService
{
    private static readonly TimeSpan _resolution = TimeSpan.FromMinutes(1);

    // What does not fit is noted at the next request of that session.
    private readonly Channel<SessionRecord> _queue = Channel.CreateBounded<SessionRecord>(
        new BoundedChannelOptions(1_000) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Note(SessionRecord session, DateTimeOffset now)
    {
        if (now - session.LastSeenAt >= _resolution)
        {
            _queue.Writer.TryWrite(session);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var noted = new Dictionary<Guid, DateTimeOffset>();
        await foreach (var session in _queue.Reader.ReadAllAsync(stoppingToken))
        {
            // Many requests of one session may have queued up before the first was noted.
            var now = clock.GetUtcNow();
            if (noted.TryGetValue(session.Id, out var last) && now - last < _resolution)
            {
                continue;
            }

            if (noted.Count > 10_000)
            {
                noted.Clear();
            }

            noted[session.Id] = now;
            try
            {
                await sessions.TouchAsync(session, now, stoppingToken);
            }
            catch (StoreUnavailableException e)
            {
                LogNotNoted(e);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Could not note when a session was last used")]
    private partial void LogNotNoted(Exception exception);
}
