using Microsoft.OpenApi;

namespace Monolith.Host.Operations.Description;

/// <summary>Writes parameters and headers.</summary>
internal static class HeaderTexts
{
    /// <summary>Adds a header that a request may carry.</summary>
    public static void Takes(
        this OpenApiOperation operation, string name, string text, bool isRequired = false, OpenApiSchema? schema = null)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = name,
            In = ParameterLocation.Header,
            Description = text,
            Required = isRequired,
            Schema = schema ?? Text(),
        });
    }

    /// <summary>Adds a header that an answer carries; always, if it is required.</summary>
    public static void Gives(this OpenApiResponse answer, string name, string text, bool isRequired = false, OpenApiSchema? schema = null)
    {
        answer.Headers ??= new Dictionary<string, IOpenApiHeader>();
        answer.Headers[name] = new OpenApiHeader { Description = text, Required = isRequired, Schema = schema ?? Text() };
    }

    public static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };

    public static OpenApiSchema Count(int minimum = 0) => new() { Type = JsonSchemaType.Integer, Minimum = $"{minimum}" };
}
