using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace Monolith.Host.Operations.Description;

/// <summary>Describes bodies and answers that are files.</summary>
internal sealed class Files : IOpenApiOperationTransformer
{
    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Metadata().OfType<FileBody>().FirstOrDefault() is { } file)
        {
            operation.RequestBody = BodyOf(file);
        }

        if (context.Metadata().OfType<FileAnswer>().Any())
        {
            operation.Takes(HeaderNames.Range, "One range of bytes: `bytes=0-1023`. Several at once are answered with the whole file.");
            Describe(operation, isHead: HttpMethods.IsHead(context.Method()));
        }

        return Task.CompletedTask;
    }

    /// <summary>A schema of bytes that are no JSON.</summary>
    public static OpenApiSchema Binary() => new() { Type = JsonSchemaType.String, Format = "binary" };

    // The form first: generators take the first one, and a form has room for a file name.
    private static OpenApiRequestBody BodyOf(FileBody file)
    {
        var form = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = new Dictionary<string, IOpenApiSchema> { [file.Field] = Binary() },
            Required = new HashSet<string> { file.Field },
        };
        var content = new Dictionary<string, OpenApiMediaType> { ["multipart/form-data"] = new() { Schema = form } };
        foreach (var type in file.Types)
        {
            content[type] = new OpenApiMediaType { Schema = Binary() };
        }

        return new OpenApiRequestBody { Required = true, Description = "The file, as a field of a form or as it is.", Content = content };
    }

    private static void Describe(OpenApiOperation operation, bool isHead)
    {
        foreach (var (status, answer) in operation.Successes().Where(a => a.Status is 200 or 206))
        {
            answer.Description = status == StatusCodes.Status206PartialContent ? "The range that was asked for." : "The file.";
            answer.Gives(HeaderNames.AcceptRanges, "`bytes`");
            answer.Gives(HeaderNames.ContentDisposition, "A name for the file.");
            if (status == StatusCodes.Status206PartialContent)
            {
                answer.Gives(HeaderNames.ContentRange, "Which bytes of how many these are.", isRequired: true);
            }

            if (isHead)
            {
                answer.Content?.Clear();
            }
        }
    }
}
