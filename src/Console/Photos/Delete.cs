using Monolith.Media.Contracts;

namespace Monolith.Pages.Photos;

internal static class DeleteEndpoint
{
    public static void MapDelete(this IEndpointRouteBuilder pages) =>
        pages.MapPost(
            "/photos/{id:guid}/delete",
            async (PhotoId id, Visitor visitor, HttpContext http, IMediator mediator, CancellationToken cancellationToken) =>
        {
            if (visitor.User is not { } user)
            {
                return Page.GoTo("/login");
            }

            var (_, refusal) = await mediator.AttemptAsync(new DeletePhoto(user.Id, id), cancellationToken);
            new Notice(refusal?.Message ?? "The photo is deleted.", refusal is not null).Leave(http);
            return Page.GoTo(LocalPath.OrHome(http.Request.Field("return")));
        }).AddEndpointFilter<FormFilter>();

    public static string AddressFor(PhotoId id) => $"/photos/{id}/delete";
}
