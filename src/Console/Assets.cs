using System.Security.Cryptography;

namespace Monolith.Pages;

/// <summary>A file that the pages name. Its address changes with its content, so browsers may keep it indefinitely.</summary>
internal sealed record Asset(string Name, string ContentType, byte[] Content, string Version)
{
    public static readonly Asset Style = Load("style.css", "text/css; charset=utf-8");

    public static readonly Asset Script = Load("live.js", "text/javascript; charset=utf-8");

    public static readonly Asset Icon = Load("icon.svg", "image/svg+xml");

    public static readonly Asset Example = Load("example.svg", "image/svg+xml");

    public string Url => $"/assets/{Version}/{Name}";

    private static Asset Load(string name, string contentType)
    {
        using var resource = typeof(Asset).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not in the assembly.");
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        return new Asset(name, contentType, content, Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 6)));
    }
}

internal static class AssetEndpoints
{
    public static void MapAssets(this IEndpointRouteBuilder routes)
    {
        foreach (var asset in new[] { Asset.Style, Asset.Script, Asset.Icon, Asset.Example })
        {
            routes.MapGet($"/assets/{{version}}/{asset.Name}", (string version, HttpResponse response) =>
            {
                // While nodes are replaced, one may be asked for what another's page named: it gives its own, but not to keep.
                if (version == asset.Version)
                {
                    response.Share("assets");
                }

                return Results.Bytes(asset.Content, asset.ContentType);
            }).ExcludeFromDescription();
        }
    }
}
