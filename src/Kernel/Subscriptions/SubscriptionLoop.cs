using Microsoft.Extensions.Logging;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Telemetry;

namespace Monolith.Kernel.Subscriptions;

/// <summary>What keeps a subscription running.</summary>
internal static partial class SubscriptionLoop
{
    /// <summary>How long a subscription with nothing to do, or without the lease, waits for a sign before it looks by itself.</summary>
    public static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    /// <summary>After how long without a sign of life a subscription counts as dead.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(30);

    /// <summary>Runs until it is stopped; whatever goes wrong is tried again, slower each time.</summary>
    /// <param name="name">For the log.</param>
    /// <param name="follow">Follows for as long as it may.</param>
    /// <param name="lose">Forgets what was believed to be held, after something went wrong.</param>
    /// <param name="giveBack">Lets another node go on, at the end.</param>
    /// <param name="heartbeat">Beats while it waits to try again.</param>
    /// <param name="context">What subscriptions share.</param>
    /// <param name="stopping">Ends it.</param>
    public static async Task RunAsync(
        string name, Func<CancellationToken, Task> follow, Action lose, Func<Task> giveBack, Heartbeat heartbeat,
        SubscriptionContext context,
        CancellationToken stopping)
    {
        await RetryLoop.RunAsync(
            follow,
            _longestPause,
            (e, seconds) =>
            {
                lose();
                heartbeat.Beat();
                LogInterrupted(context.Log, e, name, seconds);
            },
            context.Clock,
            stopping);

        try
        {
            await giveBack();
        }
        catch (StoreUnavailableException)
        {
            // The lease ends by itself.
        }
    }

    [LoggerMessage(LogLevel.Warning, "Subscription {Subscription} was interrupted, next try in {Seconds} s")]
    private static partial void LogInterrupted(ILogger log, Exception exception, string subscription, double seconds);
}

/// <summary>What every subscription of a process shares.</summary>
internal sealed record SubscriptionContext(
    Microsoft.Extensions.DependencyInjection.IServiceScopeFactory Scopes, Node Node, StoredJson Json, Heartbeats Heartbeats,
    TimeProvider Clock, ILogger Log);
