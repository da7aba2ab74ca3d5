using MediatR;

namespace Monolith.Kernel.Tests.Commits;

/// <summary>Decides about a thing on what may be remembered. What it is given runs in each attempt.</summary>
[Pipelined]
internal sealed record Decide(StreamId Stream, Func<UnitOfWork, Loaded<Thing>, Task> How) : IRequest<Result<string[]>>;

internal sealed class DecideHandler(UnitOfWork work) : IRequestHandler<Decide, Result<string[]>>
{
    public async Task<Result<string[]>> Handle(Decide request, CancellationToken cancellationToken)
    {
        var thing = await work.LoadAsync<Thing>(request.Stream, cancellationToken);
        await request.How(work, thing);
        await work.CommitAsync(cancellationToken);
        return thing.State.Counted.ToArray();
    }
}
