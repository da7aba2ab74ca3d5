using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Host.Operations;

/// <summary>
/// Tells administrators what this process was made of, so that nodes can be compared: modules are the same files on every rung.
/// </summary>
internal static class BuildAdmin
{
    public static void MapBuildAdmin(this IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/admin/build", async (CancellationToken cancellationToken) =>
        {
            var assemblies = new List<AssemblyAnswer>();
            foreach (var file in Files())
            {
                await using var content = File.OpenRead(file);
                var hash = await SHA256.HashDataAsync(content, cancellationToken);
                assemblies.Add(new(Path.GetFileNameWithoutExtension(file), Convert.ToHexStringLower(hash)));
            }

            var version = typeof(BuildAdmin).Assembly.GetName().Version!.ToString(3); // set in Directory.Build.props
            return Results.Json(new BuildAnswer(version, assemblies), BuildJson.Default.BuildAnswer);
        })
        .RequireAuthorization(Caller.AdminPolicy)
        .WithName("GetBuild")
        .WithTags(EndpointForm.OperationsTag)
        .WithSummary("Show what this process was made of")
        .Produces<BuildAnswer>();

    // What was loaded, from wherever that was; not what lies in the folder.
    private static IEnumerable<string> Files() => AppDomain.CurrentDomain.GetAssemblies()
        // every assembly of ours has a name
        .Where(a => !a.IsDynamic && a.GetName().Name!.StartsWith("Monolith.", StringComparison.Ordinal))
        .Select(a => a.Location)
        .Where(file => file.Length > 0)
        .Order(StringComparer.Ordinal);
}

/// <summary>What this process was made of.</summary>
/// <param name="Version">Of the program.</param>
/// <param name="Assemblies">Of ours, those that are loaded.</param>
internal sealed record BuildAnswer(string Version, IReadOnlyList<AssemblyAnswer> Assemblies);

/// <summary>One assembly.</summary>
/// <param name="Name">Without the extension.</param>
/// <param name="Sha256">Of its file, in lower-case hexadecimal digits.</param>
internal sealed record AssemblyAnswer(string Name, string Sha256);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(BuildAnswer))]
internal sealed partial class BuildJson : JsonSerializerContext;
