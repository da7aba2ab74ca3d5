using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Monolith.Host.Operations;

/// <summary>Makes the OpenAPI document from the endpoints.</summary>
internal static class ApiDescription
{
    public static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi(options => options
        .AddOperationTransformer<IdempotencyKeyParameter>()
        .AddSchemaTransformer<IdSchema>()
        .AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Monolith";
            return Task.CompletedTask;
        }));
}

/// <summary>Describes typed ids as what they are on the wire: the generator sees their converters only.</summary>
internal sealed class IdSchema : IOpenApiSchemaTransformer
{
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.JsonTypeInfo.Type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IId<>)))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.String, "uuid");
        }

        return Task.CompletedTask;
    }
}
