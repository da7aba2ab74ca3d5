using Monolith.Media.Contracts;
using Monolith.Media.Imaging;

namespace Monolith.Media;

internal sealed class GetUploadLimitsHandler(MediaSettings settings) : IRequestHandler<GetUploadLimits, UploadLimits>
{
    private static readonly IReadOnlyList<string> _types = [.. Enum.GetValues<ImageFormat>().Select(f => f.ContentType())];

    public Task<UploadLimits> Handle(GetUploadLimits request, CancellationToken cancellationToken) =>
        Task.FromResult(new UploadLimits(settings.MaxBytes, _types));
}
