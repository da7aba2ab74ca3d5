using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace Monolith.Host.Operations.Description;

/// <summary>Describes every refusal of an operation: one answer for each status, one example for each error code.</summary>
internal sealed class RefusalAnswers(EndpointRefusals refusals) : IOpenApiOperationTransformer
{
    public const string ContentType = "application/problem+json";

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    public async Task TransformAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var document = context.Document ?? throw new InvalidOperationException("There is no document to add the problem document to.");
        await ProblemSchema.AddAsync(document, type => context.GetOrCreateSchemaAsync(type, null, cancellationToken));
        operation.Responses ??= [];
        foreach (var errors in refusals.Of(context.Method(), context.Description.RelativePath ?? "", context.Metadata())
            .GroupBy(e => Refusals.StatusOf(e.Kind)))
        {
            operation.Responses[$"{errors.Key}"] = Share(errors.Key, [.. errors], document);
        }
    }

    // Many operations refuse with the same: what is the same is written once.
    private static OpenApiResponseReference Share(int status, IReadOnlyList<Error> errors, OpenApiDocument document)
    {
        var name = $"{status}.{string.Join('.', errors.Select(e => e.Code))}";
        if (document.Components?.Responses?.ContainsKey(name) != true)
        {
            document.AddComponent<IOpenApiResponse>(name, Answer(status, errors, document));
        }

        return new OpenApiResponseReference(name, document);
    }

    /// <summary>Describes one answer, and adds its errors to the document.</summary>
    public static OpenApiResponse Answer(int status, IReadOnlyList<Error> errors, OpenApiDocument document)
    {
        var answer = new OpenApiResponse
        {
            Description = $"{ReasonPhrases.GetReasonPhrase(status)}: {string.Join(", ", errors.Select(e => $"`{e.Code}`"))}",
            Content = new Dictionary<string, OpenApiMediaType>
            {
                [ContentType] = new()
                {
                    Schema = new OpenApiSchemaReference(nameof(Problem), document),
                    Examples = errors.ToDictionary(e => e.Code, IOpenApiExample (e) => ExampleOf(e, document)),
                },
            },
        };
        if (status == StatusCodes.Status401Unauthorized)
        {
            answer.Gives(HeaderNames.WWWAuthenticate, "`Bearer`", isRequired: true);
        }

        if (status == StatusCodes.Status416RangeNotSatisfiable)
        {
            answer.Gives(HeaderNames.ContentRange, "How many bytes there are: `bytes */1024`.");
        }

        if (errors.Any(IsRetried))
        {
            answer.Gives(HeaderNames.RetryAfter, "In how many seconds a retry can help.", errors.All(IsRetried), HeaderTexts.Count(1));
        }

        return answer;
    }

    // How long to wait for a throttle is known when it refuses, and always said.
    private static bool IsRetried(Error error) => error.RetryAfter is not null || error.Kind == ErrorKind.TooManyRequests;

    private static OpenApiExampleReference ExampleOf(Error error, OpenApiDocument document)
    {
        var problem = Problem.Of(error, "/v1/path", "4bf92f3577b34da6a3ce929d0e0e4736");
        document.AddComponent<IOpenApiExample>(error.Code, new OpenApiExample
        {
            Summary = error.Detail,
            Value = JsonSerializer.SerializeToNode(problem, _json) ?? new JsonObject(),
        });
        return new OpenApiExampleReference(error.Code, document);
    }
}

/// <summary>Adds the schemas of problem documents to a document, once.</summary>
internal static class ProblemSchema
{
    public static async Task AddAsync(OpenApiDocument document, Func<Type, Task<OpenApiSchema>> make)
    {
        if (document.Components?.Schemas?.ContainsKey(nameof(Problem)) == true)
        {
            return;
        }

        // A schema that is made here holds its inner ones in full; a client generator would invent a name for what has none.
        var problem = await make(typeof(Problem));
        document.AddComponent<IOpenApiSchema>(nameof(FieldProblem), await make(typeof(FieldProblem)));
        var errors = (OpenApiSchema)problem.Properties!["errors"]; // the field of the record, a list
        errors.Items = new OpenApiSchemaReference(nameof(FieldProblem), document);
        document.AddComponent<IOpenApiSchema>(nameof(Problem), problem);
    }
}
