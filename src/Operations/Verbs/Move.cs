using Monolith.Operations.Deployments;
using Monolith.Operations.Moves;

namespace Monolith.Operations.Verbs;

/// <summary>Serves, and moves a store or the blobs meanwhile.</summary>
internal sealed class Move : IVerb
{
    public string Name => "move";

    public IReadOnlyList<string> Operands => ["url", "shard?"];

    public string Summary => "Serve as usual, and meanwhile move the store, or the blobs, to another place";

    public string Details => """
        Starts the server as ./run does, with the store that is configured, and copies all of it to the one that the URL names: events,
        documents, messages. When little is left, writes wait for at most a second while the rest is copied and every chain compared; then
        the new store serves. Configure it before the next start: the old one is fenced and refuses, and stays as it was.

        It can be stopped and run again at any time and goes on where it was. The URL must name an empty store, or the target of a move
        that was begun. Where the store is spread, name the shard that is moved.

        Stop every other node first: what they write would not be noticed.

        With the URL of a place for blobs, as in move s3://key@photos?endpoint=..., the blobs are moved: all are copied and compared, then
        what changes, until the server is stopped. It says when the copy is complete; configure the new place then. The old one stays as
        it was.
        """;

    public async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (BlobSwap.IsFor(invocation.Operands[0], invocation.Host.Adapters))
        {
            return await MoveBlobs.RunAsync(invocation, cancellationToken);
        }

        StoreMove? move = null;
        MovingStore? stores = null;
        await using var app = invocation.Host.Build(invocation.Settings, (services, faults) =>
            StoreSwap.Replace(
                services, faults, invocation.Host.Adapters, invocation.Operands[0], invocation.Operands.ElementAtOrDefault(1),
                (provider, source, target, url) =>
            {
                move = new StoreMove(
                    url, provider.GetRequiredService<StoredJson>(), provider.GetRequiredService<TimeProvider>(), Console.Out.WriteLine);
                return stores = new MovingStore(source, target, move.PrepareAsync);
            }));
        await invocation.Host.OpenAsync(app);
        var moving = MoveAsync(move!, stores!, app.Lifetime.ApplicationStopping); // both were made when the stores were opened
        await app.ServeAsync(cancellationToken);
        return await moving;
    }

    private static async Task<int> MoveAsync(StoreMove move, MovingStore stores, CancellationToken stopping)
    {
        try
        {
            await Task.Run(() => move.RunAsync(stores, stopping), CancellationToken.None);
            return ExitCodes.Done;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            Console.Error.WriteLine("The move is not complete; run it again to go on.");
            return ExitCodes.Cancelled;
        }
        catch (Exception e) when (e is MoveException or StoreUnavailableException)
        {
            // Users of the server are not affected: it goes on with the store that it has.
            Console.Error.WriteLine(
                $"The move broke off: {e.Message}. The server goes on with the store that it had; stop it and run the move again.");
            return ExitCodes.Failed;
        }
    }
}
