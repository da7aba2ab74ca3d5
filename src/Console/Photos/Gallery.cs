using Monolith.Pages.Account;
using Monolith.Media.Contracts;

namespace Monolith.Pages.Photos;

/// <summary>What the first page shows to a signed-in user.</summary>
/// <param name="Photos">Newest first.</param>
/// <param name="Cursor">Where this page begins; null for the newest.</param>
/// <param name="Older">Where the next page begins; null when there is none.</param>
/// <param name="Limits">What an upload may be.</param>
public sealed record GalleryView(IReadOnlyList<PhotoView> Photos, string? Cursor, string? Older, UploadLimits Limits)
{
    /// <summary>How many photos something is still being made of.</summary>
    public int Pending => Photos.Count(p => p.State == "processing");
}

internal static class GalleryEndpoint
{
    private const int PageSize = 12;

    public static void MapGallery(this IEndpointRouteBuilder pages) =>
        pages.MapGet(
            LocalPath.Home,
            async (Visitor visitor, string? after, Cursors cursors, IMediator mediator, CancellationToken cancellationToken) =>
        {
            if (visitor.User is not { } user)
            {
                return Page.Show<LandingPage>(new { Visitor = visitor });
            }

            var list = $"photos/{user.Id}";
            if (!cursors.Read(list, PageSize, after).TryGet(out var page, out _)
                || !(
                    await mediator.Send(new ListPhotos(user.Id, page.Limit + 1, page.After), cancellationToken)).TryGet(out var photos,
                    out _))
            {
                return Page.GoTo(LocalPath.Home); // a cursor that was cut or belongs to another user
            }

            var shown = cursors.PageOf(list, page, photos, photo => photo.Id.ToString());
            var limits = await mediator.Send(new GetUploadLimits(), cancellationToken);
            return Page.Show<GalleryPage>(new { Visitor = visitor, View = new GalleryView(shown.Items, after, shown.Next, limits) });
        });
}
