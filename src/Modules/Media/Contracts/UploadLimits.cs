namespace Monolith.Media.Contracts;

/// <summary>Asks what an upload may be, to say so before it is refused.</summary>
public sealed record GetUploadLimits : IRequest<UploadLimits>;

/// <summary>What an upload may be.</summary>
/// <param name="MaxBytes">Of the file.</param>
/// <param name="ContentTypes">Any of these, by content.</param>
public sealed record UploadLimits(long MaxBytes, IReadOnlyList<string> ContentTypes);
