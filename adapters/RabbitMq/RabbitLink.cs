using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace Monolith.Adapters.RabbitMq;

/// <summary>One connection to the broker, made again when it is lost, a little later each time.</summary>
/// <param name="settings">Where to.</param>
/// <param name="purpose">What it is for, as the broker shows it.</param>
/// <param name="log">Where a loss and a return are told.</param>
/// <param name="fault">What is wrong before it was tried.</param>
internal sealed partial class RabbitLink(RabbitSettings settings, string purpose, ILogger log, string? fault = null)
{
    private static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(5);

    private volatile string? _fault = fault;
    private volatile bool _isBlocked;

    /// <summary>What is wrong now; null when nothing is.</summary>
    public string? Fault => _fault ?? (_isBlocked ? "it takes nothing at the moment, because it is short of memory or disk" : null);

    /// <summary>Whether the broker asked to be sent nothing for now.</summary>
    public bool IsBlocked => _isBlocked;

    /// <summary>
    /// Connects and uses the connection, again and again, until it is stopped. Only the user of the connection decides that it works.
    /// </summary>
    /// <param name="use">Ends when the connection is of no use any more. Calls <see cref="Work"/> when everything is as it must be.</param>
    /// <param name="beat">Called at each try.</param>
    /// <param name="stopping">Ends it.</param>
    public async Task RunAsync(Func<IConnection, CancellationToken, Task> use, Action beat, CancellationToken stopping)
    {
        // The network has its own time, whatever clock the rest of the program lives by.
        var clock = TimeProvider.System;
        var backoff = new Backoff(_firstPause, _longestPause);
        while (!stopping.IsCancellationRequested)
        {
            beat();
            try
            {
                await UseAsync(use, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The loop must outlive whatever happens; a store that is unavailable, for example, is tried again as well.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (_fault is null)
                {
                    backoff.Reset(); // It had worked.
                }

                Lose(e);
            }

            // With jitter: a broker that comes back is not met by all nodes in the same moment.
            await Task.Delay(
                backoff.Next() * (0.5 + Random.Shared.NextDouble()), clock, stopping).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>Says that the connection does what it is for.</summary>
    public void Work()
    {
        if (_fault is not null)
        {
            _fault = null;
            LogUp(settings.Name, purpose);
        }
    }

    private async Task UseAsync(Func<IConnection, CancellationToken, Task> use, CancellationToken stopping)
    {
        _isBlocked = false;
        await using var connection = await settings.ConnectAsync(purpose, stopping);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var lost = "the connection was lost";
        connection.ConnectionBlockedAsync += (_, _) => Note(isBlocked: true);
        connection.ConnectionUnblockedAsync += (_, _) => Note(isBlocked: false);
        connection.ConnectionShutdownAsync += async (_, reason) =>
        {
            lost = RabbitFailure.ReasonOf(reason.ReplyCode, reason.ReplyText, settings);
            await ended.CancelAsync();
        };
        try
        {
            await use(connection, ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            throw new RabbitLostException(lost);
        }
        finally
        {
            _isBlocked = false;
            await AbortAsync(connection);
        }

        Task Note(bool isBlocked)
        {
            _isBlocked = isBlocked;
            LogBlocked(settings.Name, purpose, isBlocked ? "takes nothing for now" : "takes messages again");
            return Task.CompletedTask;
        }
    }

    // Whatever is still on its way is of no use: what was not confirmed and what was not acknowledged comes again.
    private static Task AbortAsync(IConnection connection) => connection.CloseAsync(
        Constants.ReplySuccess, "goodbye", TimeSpan.FromSeconds(1), abort: true, CancellationToken.None);

    private void Lose(Exception e)
    {
        var reason = RabbitFailure.IsOutage(e) ? RabbitFailure.ReasonOf(e, settings) : e.Message.ReplaceLineEndings(" ");
        if (_fault != reason)
        {
            LogDown(settings.Name, purpose, reason);
        }

        _fault = reason;
    }

    [LoggerMessage(LogLevel.Information, "RabbitMQ {Servers} is there ({Purpose})")]
    private partial void LogUp(string servers, string purpose);

    [LoggerMessage(LogLevel.Warning, "RabbitMQ {Servers} is unavailable ({Purpose}); the node goes on without it: {Reason}")]
    private partial void LogDown(string servers, string purpose, string reason);

    [LoggerMessage(LogLevel.Warning, "RabbitMQ {Servers} ({Purpose}) {State}")]
    private partial void LogBlocked(string servers, string purpose, string state);
}
