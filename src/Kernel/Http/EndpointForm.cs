using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Http;

/// <summary>
/// Declares what the types of an endpoint do not show of its requests and answers. The description of the API is made from it.
/// </summary>
public static class EndpointForm
{
    /// <summary>Tag of what belongs to no module: health, metrics, limits and the care of the process.</summary>
    public const string OperationsTag = "Operations";

    /// <summary>Tag of what shows reports.</summary>
    public const string ReportsTag = "Reports";

    /// <summary>Declares the errors of the use case itself; those that every endpoint of its kind refuses with are derived.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params Error[] errors) =>
        endpoint.WithMetadata(new RefusesWith([.. errors.Select(e => e.Code)]));

    /// <summary>Declares errors that come from another module, by their codes.</summary>
    public static RouteHandlerBuilder PassesOn(this RouteHandlerBuilder endpoint, params string[] codes) =>
        endpoint.WithMetadata(new RefusesWith(codes));

    /// <summary>
    /// Declares that the answer carries the version as its <c>ETag</c>, and that a read honours <c>If-None-Match</c> with 304.
    /// </summary>
    public static RouteHandlerBuilder ShowsVersion(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new ShowsVersion());

    /// <summary>Declares that <c>If-Match</c> names the version that a change means.</summary>
    /// <param name="endpoint">Of the change.</param>
    /// <param name="isRequired">Whether a change without it is refused with <c>precondition-required</c>.</param>
    public static RouteHandlerBuilder TakesVersion(this RouteHandlerBuilder endpoint, bool isRequired) =>
        endpoint.WithMetadata(new TakesVersion(isRequired));

    /// <summary>Declares that the answer is made of followed views, and says how old they are.</summary>
    public static RouteHandlerBuilder ShowsAge(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new ShowsAge());

    /// <summary>Declares that the body is a file, as it is or as a field of a form.</summary>
    /// <param name="endpoint">That reads the body itself.</param>
    /// <param name="field">Name of the field.</param>
    /// <param name="types">Media types of the plain body.</param>
    public static RouteHandlerBuilder TakesFile(this RouteHandlerBuilder endpoint, string field, params string[] types) =>
        endpoint.WithMetadata(new FileBody(field, types));

    /// <summary>Declares that the answer is a file, with entity tag, conditions and ranges (RFC 9110 §13, §14).</summary>
    public static RouteHandlerBuilder AnswersFile(this RouteHandlerBuilder endpoint, string type, params string[] more) => endpoint
        .Produces<byte[]>(StatusCodes.Status200OK, type, more)
        .Produces<byte[]>(StatusCodes.Status206PartialContent, type, more)
        .WithMetadata(new FileAnswer());
}

/// <summary>An endpoint refuses with these errors.</summary>
/// <param name="Codes">Of the errors.</param>
public sealed record RefusesWith(IReadOnlyList<string> Codes);

/// <summary>The answer carries the version as its <c>ETag</c>.</summary>
public sealed record ShowsVersion;

/// <summary>A change names the version that it means.</summary>
/// <param name="IsRequired">Whether it must.</param>
public sealed record TakesVersion(bool IsRequired);

/// <summary>The answer says how old it is.</summary>
public sealed record ShowsAge;

/// <summary>The body is a file.</summary>
/// <param name="Field">Name of its field, where it comes in a form.</param>
/// <param name="Types">Media types of the plain body.</param>
public sealed record FileBody(string Field, IReadOnlyList<string> Types);

/// <summary>The answer is a file.</summary>
public sealed record FileAnswer;
