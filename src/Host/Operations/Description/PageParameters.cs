using System.Globalization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Monolith.Host.Operations.Description;

/// <summary>Explains the two parameters that every list takes.</summary>
internal sealed class PageParameters : IOpenApiOperationTransformer
{
    private static readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal)
    {
        ["limit"] = string.Create(
            CultureInfo.InvariantCulture, $"How many entries a page has at most; {PageRequest.DefaultLimit} when it is left out."),
        ["cursor"] = "The `next` of the page before; left out, the first page is meant.",
    };

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            if (parameter.In == ParameterLocation.Query && _texts.TryGetValue(parameter.Name ?? "", out var text))
            {
                parameter.Description ??= text;
            }
        }

        return Task.CompletedTask;
    }
}
