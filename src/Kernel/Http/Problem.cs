using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Http;

/// <summary>A refusal as it goes over the wire (RFC 9457), with our extensions.</summary>
/// <param name="Type">Where the code is explained.</param>
/// <param name="Title">The reason phrase of the status.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">A sentence for a person.</param>
/// <param name="Instance">The path that was asked for.</param>
/// <param name="Code">Stable; part of the contract.</param>
/// <param name="TraceId">By what the logs can be searched.</param>
public sealed record Problem(string Type, string Title, int Status, string Detail, string Instance, string Code, string TraceId)
{
    /// <summary>One entry for each field that cannot be right.</summary>
    public IReadOnlyList<FieldProblem>? Errors { get; init; }

    /// <summary>In how many milliseconds a retry can help.</summary>
    public long? RetryAfterMs { get; init; }
}

/// <param name="Pointer">JSON pointer into the body: <c>#/address/city</c>.</param>
/// <param name="Code">Which rule, <c>not-empty</c>.</param>
/// <param name="Detail">A sentence for a person.</param>
public sealed record FieldProblem(string Pointer, string Code, string Detail);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ProblemJson : JsonSerializerContext;

/// <summary>Answers a request with a problem document.</summary>
public sealed class ProblemResult(Error error, IReadOnlyList<FieldProblem>? errors = null) : IResult
{
    /// <inheritdoc />
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var status = StatusOf(error.Kind);
        var response = httpContext.Response;
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        if (error.Kind == ErrorKind.Unauthenticated)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        if (error.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        var problem = new Problem(
            $"/problems#{error.Code}", ReasonPhrases.GetReasonPhrase(status), status, error.Detail, httpContext.Request.Path, error.Code,
            Activity.Current?.TraceId.ToHexString() ?? httpContext.TraceIdentifier)
        {
            Errors = errors,
            RetryAfterMs = (long?)error.RetryAfter?.TotalMilliseconds,
        };
        return response.WriteAsJsonAsync(problem, ProblemJson.Default.Problem, "application/problem+json", httpContext.RequestAborted);
    }

    private static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => 400,
        ErrorKind.Unauthenticated => 401,
        ErrorKind.Forbidden => 403,
        ErrorKind.NotFound => 404,
        ErrorKind.MethodNotAllowed => 405,
        ErrorKind.NotAcceptable => 406,
        ErrorKind.Conflict => 409,
        ErrorKind.Gone => 410,
        ErrorKind.PreconditionFailed => 412,
        ErrorKind.PreconditionRequired => 428,
        ErrorKind.TooLarge => 413,
        ErrorKind.UnsupportedMedia => 415,
        ErrorKind.RangeNotSatisfiable => 416,
        ErrorKind.Unprocessable => 422,
        ErrorKind.TooManyRequests => 429,
        ErrorKind.Unavailable => 503,
        ErrorKind.OutOfStorage => 507,
        _ => 500,
    };
}

/// <summary>Turns results into answers.</summary>
public static class ResultHttp
{
    /// <summary>Makes a refusal into a problem document.</summary>
    public static IResult ToProblem(this Error error) => new ProblemResult(error);

    /// <summary>Declares that an endpoint may refuse with these statuses, always by a problem document.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            endpoint.Produces<Problem>(status, "application/problem+json");
        }

        return endpoint;
    }

    /// <summary>Answers with the value, or with the refusal as a problem document.</summary>
    public static IResult ToHttp<T>(this Result<T> result, Func<T, IResult> answer) =>
        result.TryGet(out var value, out var error) ? answer(value) : error.ToProblem();
}
