using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Monolith.Adapters.Postgres;

/// <summary>Listens on a connection of its own to what other nodes have committed, and connects again whenever it is lost.</summary>
internal sealed partial class PostgresListener(PostgresSettings settings, string self, Action<long> changed, ILogger log) : IAsyncDisposable
{
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private Task? _loop;

    /// <summary>Whether hints arrive at the moment.</summary>
    public bool IsListening { get; private set; }

    /// <summary>Begins; once is enough.</summary>
    public void Start() => _loop ??= RunAsync(_stopping.Token);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await (_loop ?? Task.CompletedTask);
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        await using var source = settings.OpenListener();
        var backoff = new Backoff(TimeSpan.FromMilliseconds(250), _longestPause);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(stopping);
                connection.Notification += (_, e) => Tell(e.Payload);
                await using (var listen = new NpgsqlCommand("listen monolith", connection))
                {
                    await listen.ExecuteNonQueryAsync(stopping);
                }

                IsListening = true;
                backoff.Reset();
                changed(0); // What was committed before is not told again.
                while (true)
                {
                    await connection.WaitAsync(stopping);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (PostgresFailure.IsOutage(e))
            {
                IsListening = false;
                var pause = backoff.Next();
                LogLost(PostgresFailure.ToUnavailable(e, settings).Message, pause.TotalSeconds);
                await Task.Delay(pause, CancellationToken.None).WaitAsync(stopping).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }

        IsListening = false;
    }

    private void Tell(string payload)
    {
        var space = payload.IndexOf(' ', StringComparison.Ordinal);
        if (space > 0 && payload.AsSpan(0, space) is var sender && !sender.SequenceEqual(self)
            && long.TryParse(payload.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var position))
        {
            changed(position);
        }
    }

    [LoggerMessage(
        LogLevel.Warning, "No hints from other nodes for now, their commits are found by looking: {Reason} Next try in {Seconds} s")]
    private partial void LogLost(string reason, double seconds);
}
