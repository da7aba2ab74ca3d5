using System.Collections.Frozen;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Http;

/// <summary>The table of refusals: the HTTP status of each kind, and the error that stands for a status which came without one.</summary>
public static class Refusals
{
    // The framework answers with bare statuses: for a body that is too large, for a method that an address does not take.
    private static readonly (ErrorKind Kind, int Status, Error? Bare)[] _table =
    [
        (ErrorKind.Invalid, 400, PlatformErrors.Malformed),
        (ErrorKind.Unauthenticated, 401, PlatformErrors.Unauthenticated),
        (ErrorKind.Forbidden, 403, PlatformErrors.Forbidden),
        (ErrorKind.NotFound, 404, PlatformErrors.NotFound),
        (ErrorKind.MethodNotAllowed, 405, PlatformErrors.MethodNotAllowed),
        (ErrorKind.NotAcceptable, 406, PlatformErrors.NotAcceptable),
        (ErrorKind.Conflict, 409, null),
        (ErrorKind.Gone, 410, PlatformErrors.Erased),
        (ErrorKind.PreconditionFailed, 412, PlatformErrors.PreconditionFailed),
        (ErrorKind.TooLarge, 413, PlatformErrors.TooLarge),
        (ErrorKind.UnsupportedMedia, 415, PlatformErrors.UnsupportedMedia),
        (ErrorKind.RangeNotSatisfiable, 416, PlatformErrors.RangeNotSatisfiable),
        (ErrorKind.Unprocessable, 422, null),
        (ErrorKind.PreconditionRequired, 428, PlatformErrors.PreconditionRequired),
        (ErrorKind.TooManyRequests, 429, PlatformErrors.RateLimited),
        (ErrorKind.Failure, 500, PlatformErrors.Internal),
        (ErrorKind.Unavailable, 503, PlatformErrors.Unavailable),
        (ErrorKind.OutOfStorage, 507, PlatformErrors.DiskLow),
    ];

    private static readonly FrozenDictionary<ErrorKind, int> _statuses = _table.ToFrozenDictionary(row => row.Kind, row => row.Status);
    private static readonly FrozenDictionary<int, Error?> _bare = _table.ToFrozenDictionary(row => row.Status, row => row.Bare);

    /// <summary>The HTTP status of a kind.</summary>
    public static int StatusOf(ErrorKind kind) => _statuses[kind];

    /// <summary>The error that stands for a bare status; null when there is none.</summary>
    // 408 is Kestrel's for a body that comes too slowly, 504 the request timeout's: both are ours to say as one.
    internal static Error? ErrorOf(int status) => status is 408 or 504 ? PlatformErrors.TimedOut : _bare.GetValueOrDefault(status);
}
