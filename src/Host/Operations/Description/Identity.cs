using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Monolith.Host.Operations.Description;

/// <summary>Describes who may call an operation and how they say who they are; and gives each operation a name of its own.</summary>
internal sealed class Identity : IOpenApiOperationTransformer
{
    public const string Bearer = "bearer";
    public const string Cookie = "cookie";

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        // GET and HEAD are one endpoint, with one name.
        if (HttpMethods.IsHead(context.Description.HttpMethod ?? "") && operation.OperationId is { } name)
        {
            operation.OperationId = $"{name}Headers";
        }

        operation.Security = Policies.NeedCaller(context.Metadata())
            ? [Require(Bearer, context.Document), Require(Cookie, context.Document)]
            : [[]];
        return Task.CompletedTask;
    }

    /// <summary>The two forms of a session.</summary>
    public static void AddSchemes(OpenApiDocument document)
    {
        document.AddComponent<IOpenApiSecurityScheme>(Bearer, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "The `token` that logging in answers with.",
        });
        document.AddComponent<IOpenApiSecurityScheme>(Cookie, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Cookie,
            Name = SessionCookie.Name,
            Description =
                "The cookie that logging in sets, for browsers. A request that changes something must then come from the same origin.",
        });
    }

    private static OpenApiSecurityRequirement Require(string scheme, OpenApiDocument? document) =>
        new() { [new OpenApiSecuritySchemeReference(scheme, document)] = [] };
}

/// <summary>Reads what the transformers need of an endpoint.</summary>
internal static class Endpoints
{
    public static IReadOnlyList<object> Metadata(this OpenApiOperationTransformerContext context) =>
        [.. context.Description.ActionDescriptor.EndpointMetadata];

    public static string Method(this OpenApiOperationTransformerContext context) => context.Description.HttpMethod ?? "";

    public static bool IsRead(this OpenApiOperationTransformerContext context) =>
        HttpMethods.IsGet(context.Method()) || HttpMethods.IsHead(context.Method());

    /// <summary>The answers of an operation that are no refusals.</summary>
    public static IEnumerable<(int Status, OpenApiResponse Answer)> Successes(this OpenApiOperation operation) =>
        from response in operation.Responses ?? []
        let status = int.TryParse(response.Key, out var number) ? number : 0
        where status is >= 200 and < 400 && response.Value is OpenApiResponse
        select (status, (OpenApiResponse)response.Value);
}
