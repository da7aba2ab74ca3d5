using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Monolith.Host.Operations.Description;

/// <summary>Describes the health checks, which are mapped in a way that the generator does not see.</summary>
internal sealed class HealthPaths : IOpenApiDocumentTransformer
{
    private static readonly (string Path, string Name, string Summary)[] _checks =
    [
        ("/health/live", "GetLiveness", "Tell whether the process answers"),
        ("/health/ready", "GetReadiness", "Tell whether requests should come here"),
        ("/health/startup", "GetStartup", "Tell whether the process has started"),
    ];

    public async Task TransformAsync(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.AddComponent<IOpenApiSchema>(
            nameof(HealthAnswer), await context.GetOrCreateSchemaAsync(typeof(HealthAnswer), null, cancellationToken));
        foreach (var (path, name, summary) in _checks)
        {
            document.Paths[path] = new OpenApiPathItem
            {
                Operations = new() { [HttpMethod.Get] = Operation(document, name, summary) },
            };
        }
    }

    // While the process waits for its store, it answers with a problem instead.
    private static OpenApiOperation Operation(OpenApiDocument document, string name, string summary)
    {
        var unwell = RefusalAnswers.Answer(
            StatusCodes.Status503ServiceUnavailable, [PlatformErrors.NotCaughtUp, PlatformErrors.Unavailable], document);
        unwell.Description = $"No; {unwell.Description}";
        unwell.Content!["application/json"] = Health(document); // made with its content
        unwell.Headers!["Retry-After"] = new OpenApiHeader { Description = "With a problem document only.", Schema = HeaderTexts.Count(1) };
        return new OpenApiOperation
        {
            OperationId = name,
            Summary = summary,
            Tags = new HashSet<OpenApiTagReference> { new(EndpointForm.OperationsTag, document) },
            Security = [[]],
            Responses = new()
            {
                ["200"] = new OpenApiResponse
                {
                    Description = "Yes.", Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = Health(document) },
                },
                ["400"] = RefusalAnswers.Answer(StatusCodes.Status400BadRequest, [PlatformErrors.Malformed], document),
                ["503"] = unwell,
            },
        };
    }

    private static OpenApiMediaType Health(OpenApiDocument document) =>
        new() { Schema = new OpenApiSchemaReference(nameof(HealthAnswer), document) };
}
