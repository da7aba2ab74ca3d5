namespace Monolith.Host.Operations;

/// <summary>
/// Goes on taking requests for a while after SIGTERM, with <c>/health/ready</c> saying no, so that balancers notice before the door is
/// shut.
/// </summary>
internal sealed class DrainPause(RequestLimits limits, IHostApplicationLifetime lifetime, TimeProvider clock) : IHostedLifecycleService
{
    /// <summary>
    /// The first thing that happens when the process stops: the server still listens. It never did where the start failed.
    /// </summary>
    public Task StoppingAsync(CancellationToken cancellationToken) =>
        limits.Drain > TimeSpan.Zero && lifetime.ApplicationStarted.IsCancellationRequested
        ? Task.Delay(limits.Drain, clock, cancellationToken)
        : Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
