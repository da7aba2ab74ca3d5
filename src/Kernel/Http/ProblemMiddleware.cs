using FluentValidation;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Commits;
using Monolith.Kernel.Erasure;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Subscriptions;

namespace Monolith.Kernel.Http;

/// <summary>Sees to it that every answer that is not a success is a problem document, also what the framework refuses by itself.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            LogClientClosed();
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return;
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            await AnswerTo(e).ExecuteAsync(context);
            return;
        }

        if (!context.Response.HasStarted && IsBare(context.Response) && Refusals.ErrorOf(context.Response.StatusCode) is { } error)
        {
            // What described the content, such as its tag, does not describe the refusal.
            context.Response.ContentLength = null;
            context.Response.Headers.ETag = context.Response.Headers.ContentDisposition = default;
            await error.ToProblem().ExecuteAsync(context);
        }
    }

    private static bool IsBare(HttpResponse response) =>
        response is { StatusCode: >= 400, ContentType: null } or { StatusCode: >= 400, ContentLength: 0 };

    private ProblemResult AnswerTo(Exception exception)
    {
        switch (exception)
        {
            case ValidationException e:
                return new ProblemResult(
                    PlatformErrors.Validation,
                    [.. e.Errors.Select(f => new FieldProblem(PointerTo(f.PropertyName), CodeOf(f.ErrorCode), f.ErrorMessage))]);
            case SubjectErasedException:
                return new ProblemResult(PlatformErrors.Erased);
            case ConflictException:
                return new ProblemResult(PlatformErrors.VersionConflict);
            case BadHttpRequestException e:
                return new ProblemResult(Refusals.ErrorOf(e.StatusCode) ?? PlatformErrors.Malformed);
            case NotCaughtUpException:
                return new ProblemResult(PlatformErrors.NotCaughtUp);
            case StoreUnavailableException { IsFull: true }:
                LogUnavailable(exception);
                return new ProblemResult(PlatformErrors.DiskLow);
            case StoreUnavailableException:
                LogUnavailable(exception);
                return new ProblemResult(PlatformErrors.Unavailable);
            case DamagedException:
                LogDamaged(exception);
                return new ProblemResult(PlatformErrors.Damaged);
            case OperationCanceledException:
                return new ProblemResult(PlatformErrors.TimedOut);
            default:
                LogFailed(exception);
                return new ProblemResult(PlatformErrors.Internal);
        }
    }

    // "Address.PostalCode" becomes "#/address/postalCode".
    private static string PointerTo(string property) =>
        "#/" + string.Join('/', property.Split('.').Select(System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName));

    // "NotEmptyValidator" becomes "not-empty".
    private static string CodeOf(string validator) => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(
        validator.EndsWith("Validator", StringComparison.Ordinal) ? validator[..^"Validator".Length] : validator);

    [LoggerMessage(LogLevel.Debug, "The client went away")]
    private partial void LogClientClosed();

    [LoggerMessage(LogLevel.Warning, "A request could not be served because something is unavailable")]
    private partial void LogUnavailable(Exception exception);

    [LoggerMessage(LogLevel.Error, "A request could not be served because of something damaged; verify lists everything that is")]
    private partial void LogDamaged(Exception exception);

    [LoggerMessage(LogLevel.Error, "A request failed")]
    private partial void LogFailed(Exception exception);
}
