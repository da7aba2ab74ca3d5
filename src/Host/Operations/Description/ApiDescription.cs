using Microsoft.AspNetCore.Http.Json;
using Microsoft.OpenApi;

namespace Monolith.Host.Operations.Description;

/// <summary>Makes the OpenAPI document from the endpoints.</summary>
internal static class ApiDescription
{
    public static IServiceCollection AddApiDescription(this IServiceCollection services)
    {
        // The types that the host itself answers with; those of the modules are there already.
        services.Configure<JsonOptions>(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Add(SubscriptionsJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Add(ReportsJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Add(BuildJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Add(FeedJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Add(HealthJson.Default);
        });
        services.AddSingleton<EndpointRefusals>();
        services.AddSingleton(_ => DocComments.Read());
        return services.AddOpenApi(options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options
                .AddOperationTransformer<Identity>()
                .AddOperationTransformer<IdempotencyKeyParameter>()
                .AddOperationTransformer<PageParameters>()
                .AddOperationTransformer<Conditions>()
                .AddOperationTransformer<Files>()
                .AddOperationTransformer<RefusalAnswers>()
                .AddOperationTransformer<AnswerHeaders>()
                .AddSchemaTransformer<ValueSchemas>()
                .AddDocumentTransformer<HealthPaths>()
                .AddDocumentTransformer<ObjectSchemas>()
                .AddDocumentTransformer<DocumentHead>();
        });
    }
}
