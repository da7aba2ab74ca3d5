using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Commits;

/// <summary>Decides again on fresh state after a conflict.</summary>
public sealed class ConflictRetry(IServiceProvider services, TimeProvider clock)
{
    // Three retries: four conflicts in a row mean a hot spot that more retries only heat.
    private const int MaxAttempts = 4;

    // Each time another decision of this process was queued, so this ends by itself; a bound for what was not thought of.
    private const int MaxOvertaken = 200;

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
                await PauseAsync(number, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Decides on remembered states while these prove right, and on what is stored where they do not: by a commit that does not depend on
    /// them, by none at all, or by an exception.
    /// </summary>
    internal async Task<T> ProposeAsync<T>(Func<Task<T>> attempt, CancellationToken cancellationToken)
    {
        var scope = services.GetRequiredService<CommitScope>();
        if (scope is not { Proposal: null, Outer: null })
        {
            return await RunAsync(attempt, cancellationToken); // Another one decides, and this is a part of it.
        }

        for (var (number, overtaken, isOnMemory) = (1, 0, true); ;)
        {
            var proposal = scope.Proposal = isOnMemory && overtaken < MaxOvertaken ? new Proposal() : null;
            try
            {
                var result = await attempt();
                if (proposal is null or { IsProven: true })
                {
                    return result;
                }

                isOnMemory = false;
            }
            catch (ConflictException e) when (e.IsLocal)
            {
                overtaken++;
                await Task.Yield(); // Those that were faster have their turn with the processor first.
            }
            catch (ConflictException e) when (number < MaxAttempts && !e.IsFinal)
            {
                isOnMemory = number + 1 < MaxAttempts; // The last one is on what is stored.
                await PauseAsync(number++, cancellationToken);
            }
            catch (Exception e) when (
                proposal is { IsSent: false } && (e is UnprovenException || (!proposal.IsProven && e is not ConflictException
                    && !cancellationToken.IsCancellationRequested)))
            {
                isOnMemory = false;
            }
            finally
            {
                scope.Proposal = null;
            }

            if (!isOnMemory && proposal is not null)
            {
                // A decision on what is stored now would be behind what it has seen on its way, and conflict.
                await proposal.EndedAsync(cancellationToken);
            }
        }
    }

    private Task PauseAsync(int number, CancellationToken cancellationToken) =>
        Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 5 << number)), clock, cancellationToken);
}
