using System.Diagnostics.CodeAnalysis;

namespace Monolith.Kernel.Values;

/// <summary>What kind of refusal this is; decides the HTTP status, by the table in <c>Http/Refusals.cs</c>.</summary>
public enum ErrorKind
{
    /// <summary>The input cannot be right.</summary>
    Invalid,

    /// <summary>Who is asking is not known.</summary>
    Unauthenticated,

    /// <summary>Known, and not allowed.</summary>
    Forbidden,

    /// <summary>There is none, or none that the caller may know of.</summary>
    NotFound,

    /// <summary>It does not fit the present state.</summary>
    Conflict,

    /// <summary>It was there, and was erased for good.</summary>
    Gone,

    /// <summary>The <c>If-Match</c> of the caller is not the present version.</summary>
    PreconditionFailed,

    /// <summary>An update must say which version it means.</summary>
    PreconditionRequired,

    /// <summary>The address does not take the method.</summary>
    MethodNotAllowed,

    /// <summary>Nothing that could be answered is acceptable.</summary>
    NotAcceptable,

    /// <summary>More than a limit allows.</summary>
    TooLarge,

    /// <summary>A type that is not taken here.</summary>
    UnsupportedMedia,

    /// <summary>The content is shorter than the asked range.</summary>
    RangeNotSatisfiable,

    /// <summary>Well formed, and yet it cannot be processed.</summary>
    Unprocessable,

    /// <summary>Too often.</summary>
    TooManyRequests,

    /// <summary>Not at the moment.</summary>
    Unavailable,

    /// <summary>The disk is nearly full.</summary>
    OutOfStorage,

    /// <summary>A fault of ours.</summary>
    Failure,
}

/// <summary>A refusal that the caller should expect.</summary>
/// <param name="Kind">Decides the HTTP status.</param>
/// <param name="Code">Stable, <c>module.reason</c>; the plain ones are the platform's. Part of the contract.</param>
/// <param name="Detail">A sentence for a person, without secrets.</param>
public sealed record Error(ErrorKind Kind, string Code, string Detail)
{
    /// <summary>How long to wait before a retry can help; null when a retry cannot.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>A value, or the reason why there is none.</summary>
public readonly struct Result<T>
{
    private readonly T? _value;
    private readonly Error? _error;

    private Result(T? value, Error? error) => (_value, _error) = (value, error);

    /// <summary>Wraps a value.</summary>
    [SuppressMessage("Usage", "CA2225", Justification = "Result is made by return statements; a named alternate would be read nowhere.")]
    public static implicit operator Result<T>(T value) => new(value, null);

    /// <summary>Wraps a refusal.</summary>
    [SuppressMessage("Usage", "CA2225", Justification = "As above.")]
    public static implicit operator Result<T>(Error error) => new(default, error);

    /// <summary>Tells which of the two it is. A default <see cref="Result{T}"/> is neither and throws.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out Error? error)
    {
        (value, error) = (_value, _error);
        return error is null
            ? value is not null ? true : throw new InvalidOperationException("This result was never given a value.")
            : false;
    }
}
