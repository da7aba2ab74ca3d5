using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace Monolith.Host.Operations.Description;

/// <summary>Describes the headers of answers that follow from the status, the method and the kind of endpoint.</summary>
internal sealed class AnswerHeaders : IOpenApiOperationTransformer
{
    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        foreach (var (status, answer) in operation.Successes())
        {
            if (status is 201 or 202 or 307)
            {
                answer.Gives(
                    HeaderNames.Location, status == 307 ? "Where the file is, for a few minutes." : "Where it can be read.",
                    isRequired: true);
            }

            if (!context.IsRead())
            {
                answer.Gives(
                    MonolithHeaders.Token,
                    "Where the log was after the change; a read that carries it is no older. Absent when nothing changed.");
            }

            if (context.Metadata().OfType<ShowsAge>().Any())
            {
                answer.Gives(
                    MonolithHeaders.AgeOfData, "For how many seconds, at most, the answer may have been overtaken.",
                    schema: HeaderTexts.Count());
            }

            if (IdempotencyKey.IsHeededBy(context.Method(), context.Metadata()))
            {
                answer.Gives(MonolithHeaders.IdempotentReplayed, "`true` when the key came before, and this is the answer of that time.");
            }
        }

        return Task.CompletedTask;
    }
}
