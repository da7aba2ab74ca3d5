using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.Wolverine;

/// <summary>A feed over one of Wolverine's transports: one session for all shards, another one after each failure.</summary>
/// <remarks>
/// What was lost with a session is the caller's to send again. So no reconnecting by the libraries is relied on, which know nothing of the
/// order.
/// </remarks>
internal sealed partial class WolverineFeed(IFeedBroker broker, Roles roles, Heartbeats heartbeats, ILogger<WolverineFeed> log)
    : BackgroundService, IFeed, IExternalDependency
{
    // As often as a subscription with nothing to do looks for something.
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _opening = new(1);
    private volatile WolverineSession? _session;
    private volatile string? _fault;
    private bool _wasUp;

    string IExternalDependency.Port => Port.Feed.Name;

    /// <inheritdoc />
    public string? Fault => _fault is { } reason ? $"{broker.Name}: {reason}" : null;

    /// <inheritdoc />
    public ValueTask PublishAsync(IReadOnlyList<FeedMessage> messages, CancellationToken cancellationToken) =>
        new(UseAsync(session => session.SendAsync(messages, cancellationToken), cancellationToken));

    /// <inheritdoc />
    public override void Dispose()
    {
        _opening.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (Interlocked.Exchange(ref _session, null) is { } session)
        {
            await session.DisposeAsync();
        }
    }

    /// <summary>Looks at the broker where nothing is sent: that it is unavailable is said before something is to be sent.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!roles.IsWorker)
        {
            return; // It sends nothing.
        }

        var heartbeat = heartbeats.Of("feed.watch", TimeSpan.FromMinutes(1));
        while (!stoppingToken.IsCancellationRequested)
        {
            heartbeat.Beat();
            try
            {
                await UseAsync(session => session.LookAsync(stoppingToken), stoppingToken);
            }
            catch (FeedUnavailableException)
            {
                // Said already.
            }

            await Task.Delay(_interval, TimeProvider.System, stoppingToken); // The network has its own time.
        }
    }

    private async Task UseAsync(Func<WolverineSession, Task> use, CancellationToken cancellationToken)
    {
        WolverineSession? session = null;
        try
        {
            session = await OpenAsync(cancellationToken);
            await use(session);
            Work();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever Wolverine and the libraries below it throw: it was not sent, and is sent again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var reason = broker.ReasonOf(e);
            Lose(reason);
            if (session is not null && Interlocked.CompareExchange(ref _session, null, session) == session)
            {
                await session.DisposeAsync();
            }

            throw new FeedUnavailableException($"{broker.Name}: {reason}", e);
        }
    }

    private async Task<WolverineSession> OpenAsync(CancellationToken cancellationToken)
    {
        if (_session is { } open)
        {
            return open;
        }

        await _opening.WaitAsync(cancellationToken);
        try
        {
            return _session ??= await WolverineSession.StartAsync(broker, cancellationToken);
        }
        finally
        {
            _opening.Release();
        }
    }

    private void Work()
    {
        if (_fault is not null || !_wasUp)
        {
            (_fault, _wasUp) = (null, true);
            LogUp(broker.Name);
        }
    }

    private void Lose(string reason)
    {
        if (_fault != reason)
        {
            _fault = reason;
            LogDown(broker.Name, reason);
        }
    }

    [LoggerMessage(LogLevel.Information, "The feed reaches {Broker}")]
    private partial void LogUp(string broker);

    [LoggerMessage(LogLevel.Warning, "The feed waits, and loses nothing: {Broker} is unavailable: {Reason}")]
    private partial void LogDown(string broker, string reason);
}
