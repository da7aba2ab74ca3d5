using Monolith.Pages.Account;
using Monolith.Pages.Photos;
using Monolith.Pages.Status;

namespace Monolith.Pages;

/// <summary>The pages for people: rendered here, stateless, complete without scripts.</summary>
public static class ConsoleRegistration
{
    /// <summary>Registers what the pages need.</summary>
    public static IServiceCollection AddConsole(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddAntiforgery(o =>
        {
            // Whether it is Secure follows the request: unlike the session, it is worth nothing to a reader.
            o.Cookie.Name = "forms";
            o.Cookie.SameSite = SameSiteMode.Lax;

            // The content security policy says it already.
            o.SuppressXFrameOptionsHeader = true;
        });
        services.AddSingleton<UploadForm>();
        return services;
    }

    /// <summary>Answers browsers that ask for a page that is not there. Stands after the platform's guards, before routing.</summary>
    public static IApplicationBuilder UseConsole(this IApplicationBuilder app) => app.UseMiddleware<NotFoundMiddleware>();

    /// <summary>Maps the pages, their forms and their files.</summary>
    public static void MapConsole(this IEndpointRouteBuilder routes)
    {
        routes.MapAssets();
        var pages = routes.MapGroup("").ExcludeFromDescription().AddEndpointFilter<PageFilter>();
        pages.MapGallery();
        pages.MapUpload();
        pages.MapDelete();
        pages.MapSignUp();
        pages.MapLogIn();
        pages.MapLogOut();
        pages.MapAccount();
        pages.MapInvitation();
        pages.MapStatus();
        pages.MapProblems();
    }
}
