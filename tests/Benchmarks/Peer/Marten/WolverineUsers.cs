using Marten;
using Wolverine.Http;

namespace Monolith.Peer;

// Public, and so is what it takes: Wolverine finds no other endpoints.
public static class WolverineUsers
{
    private const string Path = "/w/users";

    [WolverinePost(Path)]
    public static Task<IResult> Post(RegisterUser request, IDocumentSession session, CancellationToken cancellationToken) =>
        UseCases.RegisterAsync(request, Path, session, cancellationToken);

    [WolverinePatch(Path + "/{id}")]
    public static Task<IResult> Patch(
        Guid id, UpdateUser request, HttpContext http, IDocumentSession session, CancellationToken cancellationToken) =>
        UseCases.UpdateAsync(id, request, http, session, cancellationToken);

    [WolverineGet(Path + "/{id}")]
    public static Task<IResult> Get(Guid id, HttpContext http, IQuerySession session, CancellationToken cancellationToken) =>
        UseCases.ShowAsync(id, http, session, cancellationToken);
}
