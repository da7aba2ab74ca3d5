namespace Monolith.Pages;

/// <summary>Who looks at a page, and what the step before left to say. Every endpoint of a page takes one.</summary>
/// <param name="User">Null without a signed-in user.</param>
/// <param name="Notice">Null when there is nothing to say.</param>
/// <param name="IsReachableInsecurely">Whether the browser will drop the session cookie, because it does not trust the connection.</param>
public sealed record Visitor(OwnUser? User, Notice? Notice, bool IsReachableInsecurely)
{
    public static async ValueTask<Visitor> BindAsync(HttpContext http)
    {
        var notice = Notice.Take(http);
        return new Visitor(await FindUserAsync(http), notice, !http.Request.IsHttps && !IsLoopback(http.Request.Host.Host));
    }

    private static async Task<OwnUser?> FindUserAsync(HttpContext http)
    {
        if (http.User.FindUserId<UserId>() is not { } id)
        {
            return null;
        }

        var mediator = http.RequestServices.GetRequiredService<IMediator>();
        return (await mediator.Send(new GetOwnUser(id), http.RequestAborted)).TryGet(out var user, out _) ? user : null;
    }

    private static bool IsLoopback(string host) =>
        host == "localhost" || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (System.Net.IPAddress.TryParse(host.Trim('[', ']'), out var address) && System.Net.IPAddress.IsLoopback(address));
}
