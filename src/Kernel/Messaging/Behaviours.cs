using System.Diagnostics;
using FluentValidation;
using MediatR;
using Monolith.Kernel.Commits;
using Monolith.Kernel.Telemetry;

namespace Monolith.Kernel.Messaging;

/// <summary>Traces and measures every use case.</summary>
internal sealed class TracingBehaviour<TRequest, TResponse> : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    private static readonly KeyValuePair<string, object?> _name = new("use_case", typeof(TRequest).Name);

    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        using var activity = Meters.Traces.StartActivity(typeof(TRequest).Name);
        var start = Stopwatch.GetTimestamp();
        var outcome = "failed";
        try
        {
            var response = await next();
            outcome = "answered";
            return response;
        }
        catch (Exception e) when (e is ValidationException or ConflictException)
        {
            outcome = e is ValidationException ? "invalid" : "conflict";
            throw;
        }
        finally
        {
            activity?.SetTag("outcome", outcome);
            if (outcome == "failed")
            {
                activity?.SetStatus(ActivityStatusCode.Error);
            }

            Meters.UseCases.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, _name, new("outcome", outcome));
        }
    }
}

/// <summary>Refuses input that cannot be right before anything else looks at it.</summary>
internal sealed class ValidationBehaviour<TRequest, TResponse>(
    IEnumerable<IValidator<TRequest>> validators) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    /// <exception cref="ValidationException">With one entry for each field that cannot be right.</exception>
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        foreach (var validator in validators)
        {
            var result = await validator.ValidateAsync(request, cancellationToken);
            if (!result.IsValid)
            {
                throw new ValidationException(result.Errors);
            }
        }

        return await next();
    }
}

/// <summary>Decides again on fresh state after a conflict.</summary>
internal sealed class RetryOnConflictBehaviour<TRequest, TResponse>(ConflictRetry retry) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    private static readonly bool _isPipelined = typeof(TRequest).IsDefined(typeof(PipelinedAttribute), inherit: false);

    // Each call makes a new handler with a new unit of work, so nothing of the former attempt is left.
    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        _isPipelined ? retry.ProposeAsync(() => next(), cancellationToken) : retry.RunAsync(() => next(), cancellationToken);
}
