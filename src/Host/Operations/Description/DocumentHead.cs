using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Monolith.Host.Operations.Description;

/// <summary>Describes the API as a whole: its name and version, where it is, its parts.</summary>
internal sealed class DocumentHead(IEnumerable<IModule> modules, DocComments comments) : IOpenApiDocumentTransformer
{
    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Monolith",
            Version = typeof(DocumentHead).Assembly.GetName().Version!.ToString(3), // set in Directory.Build.props
            Description = """
                Refusals are problem documents (RFC 9457); `/problems` explains their codes.
                Lists are read page by page: `next` of a page is the `cursor` of the next one.
                A field that has no value is left out.
                """,
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        };
        foreach (var server in document.Servers ?? [])
        {
            server.Url = server.Url?.TrimEnd('/');
        }

        Identity.AddSchemes(document);
        document.Tags = new HashSet<OpenApiTag>(
            modules.Select(m => new OpenApiTag { Name = TagOf(m), Description = comments.Of(m.GetType()) })
                .Append(
                    new OpenApiTag
                    {
                        Name = EndpointForm.OperationsTag,
                        Description = "The care of a running process: health, metrics, limits, background work.",
                    })
                .Append(new OpenApiTag { Name = EndpointForm.ReportsTag, Description = "What reports show, where they are made." })
                .OrderBy(t => t.Name, StringComparer.Ordinal));
        return Task.CompletedTask;
    }

    // "Monolith.Media" of the assembly is "Media" here.
    // every assembly of ours has a name
    private static string TagOf(IModule module) => module.GetType().Assembly.GetName().Name!.Split('.')[^1];
}
