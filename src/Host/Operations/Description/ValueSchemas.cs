using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Monolith.Host.Operations.Description;

/// <summary>
/// Describes values as they are on the wire, where the generator cannot see it: ids behind their converters, the words that a text can be,
/// files.
/// </summary>
internal sealed class ValueSchemas : IOpenApiSchemaTransformer
{
    /// <summary>Under this name a schema remembers its type, for what comes after.</summary>
    public const string TypeKey = "monolith-type";

    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        if (context.JsonPropertyInfo is null)
        {
            schema.Metadata ??= new Dictionary<string, object>();
            schema.Metadata[TypeKey] = type;
        }

        if (type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IId<>)))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.String, "uuid");
        }
        else if (type == typeof(byte[]))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.String, "binary");
        }

        if (schema.Enum is { Count: > 0 })
        {
            schema.Type ??= JsonSchemaType.String;
        }

        if (WordsOf(context) is { } words)
        {
            schema.Enum = [.. words.Values.Select(word => (JsonNode)JsonValue.Create($"{word}"))];
        }

        return Task.CompletedTask;
    }

    private static AllowedValuesAttribute? WordsOf(OpenApiSchemaTransformerContext context) =>
        ((ICustomAttributeProvider?)context.JsonPropertyInfo?.AttributeProvider ?? ParameterOf(context))?
            .GetCustomAttributes(typeof(AllowedValuesAttribute), inherit: false).OfType<AllowedValuesAttribute>().FirstOrDefault();

    private static ParameterInfo? ParameterOf(OpenApiSchemaTransformerContext context) =>
        (context.ParameterDescription?.ParameterDescriptor as IParameterInfoParameterDescriptor)?.ParameterInfo;
}
