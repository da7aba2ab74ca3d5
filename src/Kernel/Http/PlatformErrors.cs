using Monolith.Kernel.Values;

namespace Monolith.Kernel.Http;

/// <summary>Refusals that any endpoint may answer with. Their codes carry no module's name.</summary>
public static class PlatformErrors
{
    /// <summary>The body, a parameter or a header cannot be read at all.</summary>
    public static readonly Error Malformed = new(ErrorKind.Invalid, "malformed", "The request cannot be read.");

    /// <summary>One or more fields cannot be right; <c>errors</c> lists them.</summary>
    public static readonly Error Validation = new(ErrorKind.Invalid, "validation", "One or more fields cannot be right.");

    /// <summary>No user is signed in.</summary>
    public static readonly Error Unauthenticated = new(ErrorKind.Unauthenticated, "unauthenticated", "Sign in first.");

    /// <summary>The session that a token belongs to ended, ran out or never was.</summary>
    public static readonly Error SessionExpired = new(
        ErrorKind.Unauthenticated, "session-expired", "This session ended or ran out. Log in again.");

    /// <summary>The caller may not do this.</summary>
    public static readonly Error Forbidden = new(ErrorKind.Forbidden, "forbidden", "You may not do this.");

    /// <summary>A request that changes something came from another site by means of the caller's cookie.</summary>
    public static readonly Error Csrf = new(ErrorKind.Forbidden, "csrf", "This request came from another site.");

    /// <summary>There is nothing at this address, or nothing that the caller may know of.</summary>
    public static readonly Error NotFound = new(ErrorKind.NotFound, "not-found", "There is nothing here.");

    /// <summary>A user whose account was erased, or what was to be stored about them.</summary>
    public static readonly Error Erased = new(ErrorKind.Gone, "erased", "This account was erased, with everything that belonged to it.");

    /// <summary>Others were faster, several times in a row.</summary>
    public static readonly Error VersionConflict = new(
        ErrorKind.Conflict, "version-conflict", "This was changed by another request at the same moment. Try again.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    /// <summary>A request with the same idempotency key is being carried out.</summary>
    public static readonly Error IdempotencyInProgress = new(
        ErrorKind.Conflict, "idempotency-in-progress", "The same request is being carried out at this moment. Ask again for its answer.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    /// <summary>The idempotency key was used for another request within the last 24 hours.</summary>
    public static readonly Error IdempotencyMismatch = new(
        ErrorKind.Unprocessable, "idempotency-mismatch", "This Idempotency-Key was used for another request. Use a new key.");

    /// <summary>A request with this idempotency key had its effect, but broke off before its answer was stored.</summary>
    public static readonly Error IdempotencyAnswerLost = new(
        ErrorKind.Conflict, "idempotency-answer-lost",
        "This was carried out, and will not be repeated, but its answer was lost. Read what you meant to change.");

    /// <summary>The <c>If-Match</c> header is not the present version.</summary>
    public static readonly Error PreconditionFailed = new(
        ErrorKind.PreconditionFailed, "precondition-failed", "It was changed since you read it. Read it again.");

    /// <summary>An update came without an <c>If-Match</c> header.</summary>
    public static readonly Error PreconditionRequired = new(
        ErrorKind.PreconditionRequired, "precondition-required", "Say by If-Match which version you mean to change.");

    /// <summary>The body is larger than this endpoint takes.</summary>
    public static readonly Error TooLarge = new(ErrorKind.TooLarge, "too-large", "The body is too large.");

    /// <summary>The content is of a type that this endpoint does not take.</summary>
    public static readonly Error UnsupportedMedia = new(
        ErrorKind.UnsupportedMedia, "unsupported-media", "This endpoint does not take content of this type.");

    /// <summary>It is an image, and yet it cannot be processed: broken, or beyond a limit.</summary>
    public static readonly Error UnprocessableImage = new(
        ErrorKind.Unprocessable, "unprocessable-image", "The image is broken, or beyond a limit.");

    /// <summary>The asked range lies outside of the content.</summary>
    public static readonly Error RangeNotSatisfiable = new(
        ErrorKind.RangeNotSatisfiable, "range-not-satisfiable", "The content is shorter than the asked range.");

    /// <summary>The path exists, for other methods.</summary>
    public static readonly Error MethodNotAllowed = new(
        ErrorKind.MethodNotAllowed, "method-not-allowed", "This address does not take this method.");

    /// <summary>Nothing that this endpoint can answer is acceptable to the caller.</summary>
    public static readonly Error NotAcceptable = new(
        ErrorKind.NotAcceptable, "not-acceptable", "None of the accepted types can be answered.");

    /// <summary>Too many requests of one kind.</summary>
    public static readonly Error RateLimited = new(ErrorKind.TooManyRequests, "rate-limited", "Too many requests. Wait a little.");

    /// <summary>This endpoint works on as many requests as it may, and as many wait as may wait.</summary>
    public static readonly Error Overloaded = new(
        ErrorKind.Unavailable, "overloaded", "Too many requests at this moment. Try again a little later.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    /// <summary>The disk is full: reads go on, writes do not.</summary>
    public static readonly Error DiskLow = new(ErrorKind.OutOfStorage, "disk-low", "There is no room left to write. Reading goes on.");

    /// <summary>Something this request needs cannot be reached at the moment.</summary>
    public static readonly Error Unavailable = new(
        ErrorKind.Unavailable, "unavailable", "Something that this needs cannot be reached at the moment.")
    {
        RetryAfter = TimeSpan.FromSeconds(2),
    };

    /// <summary>What the token demands is not known here (yet).</summary>
    public static readonly Error NotCaughtUp = new(
        ErrorKind.Unavailable, "not-caught-up", "What you know is newer than what is known here. Try again.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    /// <summary>A parked event was handled again and failed again; its reason is the new one.</summary>
    public static readonly Error ReplayFailed = new(ErrorKind.Unprocessable, "replay-failed", "The event failed again, and stays parked.");

    /// <summary>The views of a followed projection are corrected by a rebuild, not by an event out of its order.</summary>
    public static readonly Error NeedsRebuild = new(
        ErrorKind.Conflict, "needs-rebuild", "A followed view cannot take in an event later. Rebuild it.");

    /// <summary>The port <c>Reports</c> is <c>none:</c>, so there is nothing that a report could be read from.</summary>
    public static readonly Error NoReports = new(
        ErrorKind.NotFound, "no-reports", "This deployment makes no reports. The setting Adapters:Reports turns them on.");

    /// <summary>It took longer than a request may.</summary>
    public static readonly Error TimedOut = new(ErrorKind.Unavailable, "timeout", "This took longer than a request may.")
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    /// <summary>What is stored of this cannot be read any more; the log names it.</summary>
    public static readonly Error Damaged = new(
        ErrorKind.Failure, "damaged", "What is stored of this is damaged. Everything else is served.");

    /// <summary>A fault of ours.</summary>
    public static readonly Error Internal = new(ErrorKind.Failure, "internal", "Something went wrong on our side.");

    /// <summary>Every platform refusal, for the page that explains them and for the tests.</summary>
    public static readonly IReadOnlyList<Error> All =
    [
        Malformed, Validation, Unauthenticated, SessionExpired, Forbidden, Csrf, NotFound, Erased, VersionConflict, IdempotencyInProgress,
        IdempotencyMismatch,
        IdempotencyAnswerLost, PreconditionFailed, PreconditionRequired, TooLarge, UnsupportedMedia, UnprocessableImage,
        RangeNotSatisfiable,
        MethodNotAllowed, NotAcceptable, RateLimited, Overloaded, DiskLow, Unavailable, NotCaughtUp, ReplayFailed, NeedsRebuild, NoReports,
        TimedOut,
        Damaged,
        Internal,
    ];
}
