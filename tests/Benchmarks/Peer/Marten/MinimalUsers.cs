using Marten;

namespace Monolith.Peer;

internal static class MinimalUsers
{
    private const string Path = "/m/users";

    public static void MapMinimalUsers(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Path, (RegisterUser request, IDocumentSession session, CancellationToken cancellationToken) =>
            UseCases.RegisterAsync(request, Path, session, cancellationToken));
        routes.MapPatch(
            Path + "/{id:guid}",
            (Guid id, UpdateUser request, HttpContext http, IDocumentSession session, CancellationToken cancellationToken) =>
                UseCases.UpdateAsync(id, request, http, session, cancellationToken));
        routes.MapGet(Path + "/{id:guid}", (Guid id, HttpContext http, IQuerySession session, CancellationToken cancellationToken) =>
            UseCases.ShowAsync(id, http, session, cancellationToken));
    }
}
