using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Commits;

/// <summary>Decides again on fresh state after a conflict.</summary>
public sealed class ConflictRetry(IServiceProvider services, TimeProvider clock)
{
    // Three retries: four conflicts in a row mean a hot spot that more retries only heat.
    private const int MaxAttempts = 4;

    /// <summary>
    /// Decides and commits, each time with a unit of work of its own: for the decision after long work, which must not be repeated with it.
    /// </summary>
    /// <param name="decide">Loads, decides and collects; what it returns is returned once it is stored.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ConflictException">It was slower four times in a row, or the job's lease is lost.</exception>
    public Task<T> CommitAsync<T>(Func<UnitOfWork, Task<T>> decide, CancellationToken cancellationToken) => RunAsync(
        async () =>
        {
            var work = services.GetRequiredService<UnitOfWork>();
            var decided = await decide(work);
            await work.CommitAsync(cancellationToken);
            return decided;
        },
        cancellationToken);

    internal async Task<T> RunAsync<T>(Func<Task<T>> attempt, CancellationToken cancellationToken)
    {
        for (var number = 1; ; number++)
        {
            try
            {
                return await attempt();
            }

            catch (ConflictException e) when (number < MaxAttempts && !e.IsFinal)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 5 << number)), clock, cancellationToken);
            }
        }
    }
}
