using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Monolith.Host.Operations.Description;

/// <summary>Describes objects: which fields are always there, and what each is.</summary>
/// <remarks>
/// A field that is null is left out of an answer, so it is optional there, and never null. A request may leave it out or write null.
/// </remarks>
internal sealed class ObjectSchemas(DocComments comments) : IOpenApiDocumentTransformer
{
    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        var schemas = document.Components?.Schemas ?? new Dictionary<string, IOpenApiSchema>();
        var asked = TakenBy(document, schemas);
        foreach (var (name, schema) in schemas)
        {
            if (schema is OpenApiSchema component)
            {
                Require(component, isAsked: asked.Contains(name));
                Describe(component);
            }
        }

        return Task.CompletedTask;
    }

    private static void Require(OpenApiSchema schema, bool isAsked)
    {
        foreach (var (name, property) in schema.Properties?.ToList() ?? [])
        {
            var (isNullable, plain) = WithoutNull(property);
            schema.Required ??= new HashSet<string>();
            if (isNullable)
            {
                schema.Required.Remove(name);
            }
            else if (!isAsked)
            {
                schema.Required.Add(name);
            }

            if (!isAsked)
            {
                schema.Properties![name] = plain; // it is being enumerated
            }
        }
    }

    private static (bool IsNullable, IOpenApiSchema Plain) WithoutNull(IOpenApiSchema schema)
    {
        if (schema is OpenApiSchema { OneOf: { Count: > 1 } forms } && forms.Any(IsNull)
            && forms.Where(f => !IsNull(f)).ToList() is [var only])
        {
            return (true, only);
        }

        if (schema is OpenApiSchema { Type: { } type } simple && type.HasFlag(JsonSchemaType.Null))
        {
            var plain = (OpenApiSchema)simple.CreateShallowCopy();
            plain.Type = type & ~JsonSchemaType.Null;
            return (true, plain);
        }

        return (false, schema);
    }

    private static bool IsNull(IOpenApiSchema schema) => schema.Type == JsonSchemaType.Null;

    private void Describe(OpenApiSchema schema)
    {
        if (schema.Metadata?.TryGetValue(ValueSchemas.TypeKey, out var known) is not true || known is not Type type)
        {
            return;
        }

        schema.Description ??= comments.Of(type);
        foreach (var (name, property) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>())
        {
            if (comments.Of(type, name) is { } text)
            {
                property.Description = text;
            }
        }
    }

    // Names of the schemas that requests are made of.
    private static HashSet<string> TakenBy(OpenApiDocument document, IDictionary<string, IOpenApiSchema> schemas)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var bodies = document.Paths.Values.SelectMany(p => p.Operations ?? []).SelectMany(
            o => o.Value.RequestBody?.Content ?? new Dictionary<string, OpenApiMediaType>());
        foreach (var schema in bodies.Select(b => b.Value.Schema).OfType<IOpenApiSchema>())
        {
            Follow(schema);
        }

        return found;

        void Follow(IOpenApiSchema schema)
        {
            if (schema is OpenApiSchemaReference { Reference.Id: { } id })
            {
                if (found.Add(id) && schemas.TryGetValue(id, out var target))
                {
                    Follow(target);
                }

                return;
            }

            foreach (var inner
                in (schema.Properties?.Values ?? []).Concat(schema.OneOf ?? []).Concat(schema.Items is { } items ? [items] : []))
            {
                Follow(inner);
            }
        }
    }
}
