using FluentValidation;
using FluentValidation.Results;
using Microsoft.AspNetCore.Antiforgery;

namespace Monolith.Pages;

/// <summary>Why a form was not accepted.</summary>
/// <param name="Message">A sentence for the form as a whole.</param>
/// <param name="Fields">A sentence for each field that is wrong, by its name in any case.</param>
/// <param name="Status">The HTTP status of the page that shows it.</param>
public sealed record Refusal(string Message, IReadOnlyDictionary<string, string> Fields, int Status)
{
    /// <summary>The form came without a token of ours, or with one from before a sign-in or sign-out.</summary>
    public static readonly Refusal Stale = Of("This page was open for too long. Please try again.");

    public static Refusal Of(string message) => new(message, new Dictionary<string, string>(), StatusCodes.Status422UnprocessableEntity);

    public static Refusal Of(Error error) => error.Kind == ErrorKind.TooManyRequests
        ? Of($"Too many attempts. Try again in {Text.Wait(error.RetryAfter)}.") with { Status = StatusCodes.Status429TooManyRequests }
        : Of(error.Detail);

    public static Refusal Of(ValidationException e) => Of("Please look at the marked fields.") with
    {
        Fields = e.Errors.GroupBy(f => f.PropertyName, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(f => f.Key, f => Sentence(f.First()), StringComparer.OrdinalIgnoreCase),
    };

    /// <summary>What is wrong with a field; null when nothing is.</summary>
    public string? OfField(string name) => Fields.GetValueOrDefault(name);

    // The validators write 'First Name' in quotes, which reads well in a problem document and oddly below the field.
    private static string Sentence(ValidationFailure failure) =>
        failure.FormattedMessagePlaceholderValues.GetValueOrDefault("PropertyName") is string name
            ? failure.ErrorMessage.Replace($"'{name}'", name, StringComparison.Ordinal)
            : failure.ErrorMessage;
}

/// <summary>Sends what a form asks for.</summary>
internal static class Forms
{
    /// <summary>Sends a request, and gives either its result or what to tell the person.</summary>
    public static async Task<(T? Value, Refusal? Refusal)> AttemptAsync<T>(
        this IMediator mediator, IRequest<Result<T>> request, CancellationToken cancellationToken)
    {
        try
        {
            return (await mediator.Send(request, cancellationToken)).TryGet(out var value, out var error)
                ? (value, null)
                : (default, Refusal.Of(error));
        }
        catch (ValidationException e)
        {
            return (default, Refusal.Of(e));
        }
    }

    /// <summary>Reads a text field; empty when it is not there.</summary>
    public static string Field(this HttpRequest request, string name) => request.Form[name].ToString();

    /// <summary>Whether the form of this request, or its header, holds the token that goes with the visitor and the cookie.</summary>
    public static async Task<bool> IsOursAsync(this IAntiforgery antiforgery, HttpContext http)
    {
        try
        {
            return await antiforgery.IsRequestValidAsync(http);
        }
        catch (AntiforgeryValidationException)
        {
            return false; // the form cannot be read
        }
    }
}

/// <summary>Lets only forms through that a page of ours gave to this visitor.</summary>
internal sealed class FormFilter(IAntiforgery antiforgery) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (http.Request.HasFormContentType && await antiforgery.IsOursAsync(http))
        {
            return await next(context);
        }

        var visitor = await Visitor.BindAsync(http);
        return Page.Refuse<StalePage>(new { Visitor = visitor }, Refusal.Stale);
    }
}
