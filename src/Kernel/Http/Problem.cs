using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
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

    /// <summary>Writes an error as a problem of a request.</summary>
    public static Problem Of(Error error, string instance, string traceId)
    {
        var status = Refusals.StatusOf(error.Kind);
        return new Problem(
            $"/problems#{error.Code}", ReasonPhrases.GetReasonPhrase(status), status, error.Detail, instance, error.Code, traceId)
        {
            RetryAfterMs = (long?)error.RetryAfter?.TotalMilliseconds,
        };
    }
}

/// <summary>What is wrong with one field.</summary>
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
        var status = Refusals.StatusOf(error.Kind);
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

        var trace = Activity.Current?.TraceId.ToHexString() ?? httpContext.TraceIdentifier;
        var problem = Problem.Of(error, httpContext.Request.Path, trace) with { Errors = errors };
        return response.WriteAsJsonAsync(problem, ProblemJson.Default.Problem, "application/problem+json", httpContext.RequestAborted);
    }
}

/// <summary>Turns results into answers.</summary>
public static class ResultHttp
{
    /// <summary>Makes a refusal into a problem document.</summary>
    public static IResult ToProblem(this Error error) => new ProblemResult(error);

    /// <summary>Answers with the value, or with the refusal as a problem document.</summary>
    public static IResult ToHttp<T>(this Result<T> result, Func<T, IResult> answer) =>
        result.TryGet(out var value, out var error) ? answer(value) : error.ToProblem();
}
