using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace Monolith.Host.Operations.Description;

/// <summary>Describes conditional requests: the version that an answer has, and the one that a request means (RFC 9110 §13).</summary>
internal sealed class Conditions : IOpenApiOperationTransformer
{
    private const string Unchanged = "304";

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Metadata();
        if (context.IsRead())
        {
            operation.Takes(MonolithHeaders.Token, "The token of an answer: what is shown is no older than that answer.");
        }

        if (metadata.OfType<TakesVersion>().FirstOrDefault() is { } takes)
        {
            operation.Takes(
                HeaderNames.IfMatch, "The `ETag` of the version that the change means, or `*` for any. Another version is refused.",
                takes.IsRequired);
        }

        if (metadata.OfType<ShowsVersion>().Any())
        {
            ShowVersion(operation, context.IsRead(), "The version, quoted: `\"7\"`.");
        }

        if (metadata.OfType<FileAnswer>().Any())
        {
            ShowVersion(operation, isRead: true, "The hash of the content, quoted.");
        }

        return Task.CompletedTask;
    }

    private static void ShowVersion(OpenApiOperation operation, bool isRead, string text)
    {
        foreach (var (_, answer) in operation.Successes().Where(a => a.Status is 200 or 206))
        {
            answer.Gives(HeaderNames.ETag, text, isRequired: true);
        }

        if (isRead)
        {
            operation.Takes(HeaderNames.IfNoneMatch, "The `ETag` of what the caller has: if that is still right, the answer is 304.");
            var unchanged = new OpenApiResponse { Description = "What the caller has is still right." };
            unchanged.Gives(HeaderNames.ETag, text, isRequired: true);
            operation.Responses ??= [];
            operation.Responses[Unchanged] = unchanged;
        }
    }
}
