using Monolith.Operations.Deployments;
using Monolith.Operations.Moves;

namespace Monolith.Operations.Verbs;

/// <summary>Serves, and makes another place hold the blobs meanwhile: <c>move</c> with the URL of one.</summary>
internal static class MoveBlobs
{
    // What is left when the server has stopped is what came in its last moments.
    private static readonly TimeSpan _lastLimit = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (invocation.Operands.Count > 1)
        {
            throw new UsageException("Blobs have no shards: ./run move <url>");
        }

        await using var swap = new BlobSwap(invocation.Host.Adapters);
        await using var app = invocation.Host.Build(
            invocation.Settings, (services, faults) => swap.Replace(services, faults, invocation.Operands[0]));
        var target = await swap.OpenAsync(app.Services, cancellationToken);
        await invocation.Host.OpenAsync(app);
        var blobs = app.Services.GetRequiredService<MovingBlobs>();
        var move = new BlobMove(blobs, target, swap.To, app.Services.GetRequiredService<TimeProvider>(), Console.Out.WriteLine);
        var moving = MoveAsync(move, app.Lifetime.ApplicationStopping);
        await app.ServeAsync(cancellationToken);
        return await moving ? await FinishAsync(move) : ExitCodes.Failed;
    }

    private static async Task<bool> MoveAsync(BlobMove move, CancellationToken stopping)
    {
        try
        {
            await Task.Run(() => move.RunAsync(stopping), CancellationToken.None);
            return true;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return true;
        }
        catch (Exception e) when (e is MoveException or StoreUnavailableException)
        {
            // Users of the server are not affected: it goes on with the blobs that it has.
            Console.Error.WriteLine(
                $"The move broke off: {e.Message}. The server goes on with the blobs that it had; stop it and run the move again.");
            return false;
        }
    }

    private static async Task<int> FinishAsync(BlobMove move)
    {
        if (!move.IsComplete)
        {
            Console.Error.WriteLine("The move is not complete; run it again to go on.");
            return ExitCodes.Cancelled;
        }

        using var limit = new CancellationTokenSource(_lastLimit);
        try
        {
            await move.CatchUpAsync(limit.Token);
            Console.Out.WriteLine("The move is complete.");
            return ExitCodes.Done;
        }
        catch (Exception e) when (e is MoveException or OperationCanceledException)
        {
            Console.Error.WriteLine(
                $"What changed last is not in the target{(e is MoveException ? $": {e.Message}" : "")}; run the move again.");
            return ExitCodes.Failed;
        }
    }
}
