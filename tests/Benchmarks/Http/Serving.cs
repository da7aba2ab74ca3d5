using System.Globalization;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Monolith.Users;
using Monolith.Users.Contracts;

namespace Monolith.Benchmarks.Http;

/// <summary>
/// The servers that are measured, in a process of their own: the real application, and constant answers on a bare Kestrel.
/// </summary>
internal static class Serving
{
    /// <summary>Reads a profile as the API does, except that the answer is never kept.</summary>
    public const string Uncached = "/bench/users";

    /// <summary>Answers the same bytes whatever comes.</summary>
    public const string Constant = "/bench/constant";

    /// <summary>In a line of its own, when both can be reached.</summary>
    public const string Ready = "serving";

    private const int Users = 256;

    // As large as the profile that is read beside it.
    private static readonly byte[] _body =
    [
        .. """{"id":"0198a3c5-1a2b-7c3d-8e4f-5a6b7c8d9e0f","firstName":"Ada 9","lastName":"Lovelace", """u8,
        .. """ "memberSince":"2026-01-01T00:00:00.0000000+00:00"}"""u8,
    ];

    /// <param name="folder">For the store; gets the file of users and tokens.</param>
    /// <param name="options">
    /// <c>bare</c> for the bare server alone, or how many users there are and, for another store than a file, its URL.
    /// </param>
    public static async Task<int> RunAsync(string folder, IReadOnlyList<string> options)
    {
        await using var bare = Bare();
        await bare.StartAsync();
        if (options is ["bare"])
        {
            Console.Out.WriteLine($"{Ready} {bare.Urls.First()}");
            await bare.WaitForShutdownAsync();
            return 0;
        }

        await using var installation = await Installation.OpenAsync(folder, Map, options.ElementAtOrDefault(1));
        var lines = new List<string>();
        var count = options.Count > 0 ? int.Parse(options[0], CultureInfo.InvariantCulture) : Users;
        foreach (var user in await People.JoinAsync(installation, count))
        {
            lines.Add($"{user} {await People.SignInAsync(installation, user)}");
        }

        await File.WriteAllLinesAsync(Path.Combine(folder, "users.txt"), lines);
        await installation.StartAsync();
        Console.Out.WriteLine($"{Ready} {bare.Urls.First()} {installation.Address}");
        await installation.WaitAsync();
        return 0;
    }

    private static WebApplication Bare()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=Warning"]);
        var app = builder.Build();
        MapConstant(app);
        return app;
    }

    private static void Map(WebApplication app)
    {
        MapConstant(app);
        app.MapGet(Uncached + "/{id:guid}", async (UserId id, HttpRequest http, IMediator mediator, CancellationToken cancellationToken) =>
            (await mediator.Send(new GetUser(id), cancellationToken)).ToHttp(profile => ETags.Json(http, profile.Body, profile.Version)))
            .RequireAuthorization();
    }

    private static void MapConstant(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Constant, () => Results.Bytes(_body, "application/json"));
        routes.MapPost(Constant, () => Results.Bytes(_body, "application/json"));
    }
}
