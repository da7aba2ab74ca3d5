using System.ComponentModel.DataAnnotations;
using System.Security.Claims;
using Monolith.Media.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Media;

internal sealed class ListPhotosValidator : AbstractValidator<ListPhotos>
{
    // One more than a page, by which the endpoint tells whether there is a next one.
    public ListPhotosValidator() => RuleFor(r => r.Limit).InclusiveBetween(1, PageRequest.MaxLimit + 1);
}

internal sealed class ListPhotosHandler(Gallery gallery) : IRequestHandler<ListPhotos, Result<IReadOnlyList<PhotoView>>>
{
    public async Task<Result<IReadOnlyList<PhotoView>>> Handle(ListPhotos request, CancellationToken cancellationToken) =>
        (await gallery.ListAsync(request.Owner, request.Limit, request.After, cancellationToken)).Select(gallery.Show).ToList();
}

internal static class ListPhotosEndpoint
{
    public static void MapListPhotos(this IEndpointRouteBuilder routes) => routes
        .MapGet("/", async (
            [Range(1, PageRequest.MaxLimit)] int? limit, string? cursor, ClaimsPrincipal caller, Cursors cursors, IMediator mediator,
            CancellationToken cancellationToken) =>
        {
            var owner = caller.UserId<UserId>();
            var list = $"media/{owner}";
            return cursors.Read(list, limit, cursor).TryGet(out var page, out var refusal)
                ? (await mediator.Send(new ListPhotos(owner, page.Limit + 1, page.After), cancellationToken))
                    .ToHttp(photos => Results.Ok(cursors.PageOf(list, page, photos, photo => photo.Id.ToString())))
                : refusal.ToProblem();
        })
        .WithName(nameof(ListPhotos))
        .WithSummary("List the caller's photos, newest first")
        .Produces<Page<PhotoView>>()
        .Refuses(PlatformErrors.Malformed, PlatformErrors.Validation);
}
