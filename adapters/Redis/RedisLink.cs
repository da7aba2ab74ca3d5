using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Monolith.Adapters.Redis;

/// <summary>The way to the servers. No call waits for unavailable servers: each is refused at once.</summary>
/// <remarks>
/// One loop looks after the connection, once a second, and is the only one that tries while it is down. A connection that was lost is used
/// again only after every handler that asked for it has run (<see cref="Returning"/>), because meanwhile the servers may have missed
/// something, or forgotten it.
/// </remarks>
internal sealed partial class RedisLink(
    RedisSettings settings, string port, TimeProvider clock, ILogger<RedisLink> log) : BackgroundService, IExternalDependency
{
    // One late answer may be a pause of this process; several in a row are a server that hangs.
    private const int LateAnswers = 3;

    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(1);

    private readonly Channel<Done> _look = Channel.CreateBounded<Done>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile ConnectionMultiplexer? _connection;
    private readonly Lock _lock = new(); // for changes of what follows: no loss may slip in while the link is declared up
    private volatile bool _isUp;
    private volatile string? _fault = "not connected yet";
    private int _late;
    private int _losses;

    /// <inheritdoc />
    public string Port => port;

    /// <inheritdoc />
    public string? Fault => _isUp ? null : $"Redis {settings.Name}: {_fault}";

    /// <summary>Where it leads.</summary>
    public RedisSettings Settings => settings;

    /// <summary>
    /// Called before a connection is used, the first one and each after a loss. When it throws, the connection stays unused and is tried
    /// again.
    /// </summary>
    public Func<CancellationToken, ValueTask> Returning { get; set; } = _ => default;

    /// <summary>Asks the servers. False, soon, when they are unavailable, do not answer in time, or refuse.</summary>
    /// <remarks>What was asked may have been done all the same.</remarks>
    public async ValueTask<(bool IsAnswered, T? Answer)> TryAsync<T>(Func<IDatabase, Task<T>> ask, CancellationToken cancellationToken)
    {
        if (!_isUp || _connection is not { } connection)
        {
            return default;
        }

        var losses = Volatile.Read(ref _losses);
        try
        {
            var answer = await ask(connection.GetDatabase()).WaitAsync(settings.Timeout, clock, cancellationToken);
            Volatile.Write(ref _late, 0);

            // An answer that comes from behind a loss may be older than it.
            return losses == Volatile.Read(ref _losses) ? (true, answer) : default;
        }
        catch (TimeoutException)
        {
            if (Interlocked.Increment(ref _late) >= LateAnswers)
            {
                Lose("it does not answer in time");
            }

            return default;
        }
        catch (RedisServerException e) when (e.Message.StartsWith("READONLY", StringComparison.Ordinal))
        {
            // Another server became the master.
            Lose("it became a replica");
            Drop();
            return default;
        }
        catch (Exception e) when (RedisFailure.IsOutage(e))
        {
            return default;
        }
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Drop();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Off the starting thread: the library connects and greets on the caller's.
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (RedisFailure.IsOutage(e))
            {
                Miss(RedisFailure.ReasonOf(e, settings));
            }
#pragma warning disable CA1031 // A handler could not run yet, for example because a store is unavailable; it is tried again.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Miss($"not used yet: {e.Message.ReplaceLineEndings(" ")}");
            }

            await Task.WhenAny(_look.Reader.WaitToReadAsync(stoppingToken).AsTask(), Task.Delay(_interval, clock, stoppingToken));
            _look.Reader.TryRead(out _);
        }
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        if (_connection is not { } connection)
        {
            _connection = connection = await ConnectAsync(stopping);
        }

        var losses = Volatile.Read(ref _losses);
        await connection.GetDatabase().PingAsync().WaitAsync(settings.Timeout * LateAnswers, clock, stopping);
        if (!_isUp)
        {
            RedisFailure.RefuseWrongKind(connection, settings);
            if (settings.Database > 0)
            {
                // The library would take no notice of a refusal, and go on in the first one.
                await connection.GetDatabase(0).ScriptEvaluateAsync("return redis.call('select', ARGV[1])", null, [settings.Database])
                    .WaitAsync(settings.Timeout * LateAnswers, clock, stopping);
            }

            await Returning(stopping);
            Interlocked.Exchange(ref _late, 0);
            lock (_lock)
            {
                _isUp = losses == _losses;
            }

            if (_isUp)
            {
                LogUp(port, settings.Name);
            }
            else
            {
                LookSoon(); // Lost again, meanwhile.
            }
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(CancellationToken stopping)
    {
        var named = settings.SentinelGroup is null ? null : await RedisSentinels.MasterAsync(settings, clock, stopping);
        var connection = await ConnectionMultiplexer.ConnectAsync(settings.ToServers(named));
        connection.ConnectionFailed += (_, lost) =>
        {
            if (lost.ConnectionType == ConnectionType.Interactive)
            {
                Lose(RedisFailure.ReasonOf(lost, settings));
            }
        };
        return connection;
    }

    // From any thread.
    private void Lose(string reason)
    {
        lock (_lock)
        {
            _losses++;
            if (!_isUp)
            {
                return;
            }

            (_fault, _isUp) = (reason, false);
        }

        LogDown(port, settings.Name, reason);
        LookSoon();
    }

    private void Miss(string reason)
    {
        bool isNews;
        lock (_lock)
        {
            _losses++;
            isNews = _isUp || _fault != reason;
            (_fault, _isUp) = (reason, false);
        }

        if (isNews)
        {
            LogDown(port, settings.Name, reason);
        }

        // Made again, because what it was made from may have changed: the password, the address behind a name, the master.
        Drop();
    }

    private void Drop() => Interlocked.Exchange(ref _connection, null)?.Close(allowCommandsToComplete: false);

    private void LookSoon() => _look.Writer.TryWrite(default);

    [LoggerMessage(LogLevel.Information, "{Port}: Redis {Servers} is there")]
    private partial void LogUp(string port, string servers);

    [LoggerMessage(LogLevel.Warning, "{Port}: Redis {Servers} is unavailable; the node goes on without it: {Reason}")]
    private partial void LogDown(string port, string servers, string reason);
}
