using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Monolith.Adapters.Redis;

/// <summary>The way to the servers. No call waits for unavailable servers: each is refused at once.</summary>
/// <remarks>
/// The library connects, and connects again after a loss. A connection that was lost is used again only after every handler that asked for
/// it has run (<see cref="Returning"/>), because meanwhile the servers may have missed something, or forgotten it. One loop finds out, once
/// a second, whether the servers answer.
/// </remarks>
internal sealed partial class RedisLink(
    RedisSettings settings, string port, TimeProvider clock, ILogger<RedisLink> log) : BackgroundService, IExternalDependency
{
    // One late answer may be a pause of this process; several in a row are a server that hangs.
    private const int LateAnswers = 3;

    private const int MissedLooks = 5;

    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(1);

    private readonly Channel<Done> _look = Channel.CreateBounded<Done>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile ConnectionMultiplexer? _connection;
    private volatile ConnectionMultiplexer? _sentinels; // Tell it where the master is.
    private readonly Lock _lock = new(); // for changes of what follows: no loss may slip in while the link is declared up
    private readonly HashSet<EndPoint> _lost = []; // Servers whose loss was counted, and which are not back.
    private volatile CommandFlags _flags = CommandFlags.DemandMaster;
    private volatile bool _isUp;
    private volatile string? _fault = "not connected yet";
    private int _late;
    private int _losses;

    /// <inheritdoc />
    public string Port => port;

    /// <inheritdoc />
    public string? Fault => _isUp ? null : $"Redis {settings.Name}: {_fault}";

    /// <summary>
    /// How to ask: only masters have everything; and while a server of a cluster is lost the others are not to send its callers there,
    /// where the library lets them wait.
    /// </summary>
    public CommandFlags Flags => _flags;

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
        catch (RedisServerException e) when (e.Kind == RedisErrorKind.ReadOnly)
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
        var missed = 0;
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
                var isWithoutSentinels = settings.SentinelGroup is not null && _sentinels is null;
                Lose(isWithoutSentinels ? "no sentinel can be reached" : RedisFailure.ReasonOf(e, settings), isLooked: true);
                if (_connection is null || e is RedisUnusableException || ++missed % MissedLooks == 0)
                {
                    Drop(); // To make a new one tells why it fails, and finds another server behind a name.
                }
            }
#pragma warning disable CA1031 // A handler could not run yet, for example because a store is unavailable; it is tried again.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Lose($"not used yet: {e.Message.ReplaceLineEndings(" ")}", isLooked: true);
            }

            await Task.WhenAny(_look.Reader.WaitToReadAsync(stoppingToken).AsTask(), Task.Delay(_interval, clock, stoppingToken));
            _look.Reader.TryRead(out _);
        }
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        var connection = _connection ??= await ConnectAsync();
        var losses = Volatile.Read(ref _losses);
        RedisFailure.RefuseWrongKind(connection, settings);
        await connection.GetDatabase().PingAsync(CommandFlags.DemandMaster).WaitAsync(settings.Timeout * LateAnswers, clock, stopping);
        var isWhole = connection.GetServers().All(server => server.IsConnected);
        if (!isWhole && settings.IsCluster)
        {
            await connection.ConfigureAsync(); // Another server may have taken its place.
        }

        lock (_lock)
        {
            _lost.ExceptWith(connection.GetServers().Where(server => server.IsConnected).Select(server => server.EndPoint));
            _flags = isWhole ? CommandFlags.DemandMaster : _flags | CommandFlags.NoRedirect;
        }

        if (_isUp)
        {
            return;
        }

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
            _look.Writer.TryWrite(default); // Lost again, meanwhile.
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        var options = settings.ToOptions();
        options.BeforeSocketConnect = (server, _, _) => OnConnecting(server);
        var connection = settings.SentinelGroup is null
            ? await ConnectionMultiplexer.ConnectAsync(options)
            : (_sentinels = await ConnectionMultiplexer.SentinelConnectAsync(settings.ToOptions())).GetSentinelMasterConnection(options);
        connection.ConnectionFailed += (_, _) => Lose("the connection was lost");
        connection.ConnectionRestored += (_, _) => _look.Writer.TryWrite(default);
        return connection;
    }

    // The event comes late; before the library uses another connection the loss of the former one must be counted.
    private void OnConnecting(EndPoint server)
    {
        lock (_lock)
        {
            _flags |= CommandFlags.NoRedirect;
            if (_lost.Add(server))
            {
                Lose("the connection was lost");
            }
        }
    }

    // From any thread.
    private void Lose(string reason, bool isLooked = false)
    {
        lock (_lock)
        {
            _losses++;
            if (!_isUp && (!isLooked || _fault == reason))
            {
                return;
            }

            (_fault, _isUp) = (reason, false);
        }

        LogDown(port, settings.Name, reason);
        if (!isLooked)
        {
            _look.Writer.TryWrite(default);
        }
    }

    private void Drop()
    {
        Interlocked.Exchange(ref _connection, null)?.Close(allowCommandsToComplete: false);
        Interlocked.Exchange(ref _sentinels, null)?.Close(allowCommandsToComplete: false);
    }

    [LoggerMessage(LogLevel.Information, "{Port}: Redis {Servers} is there")]
    private partial void LogUp(string port, string servers);

    [LoggerMessage(LogLevel.Warning, "{Port}: Redis {Servers} is unavailable; the node goes on without it: {Reason}")]
    private partial void LogDown(string port, string servers, string reason);
}
