using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Monolith.Media.Contracts;

namespace Monolith.Media;

/// <summary>Finds the image in a request: the body itself, or the field <c>file</c> of a form. Nothing is buffered.</summary>
internal static class UploadBody
{
    /// <summary>Bytes that a form may need besides the image.</summary>
    public const int FormOverhead = 64 << 10;

    /// <summary>Hands over the content and the name of the file, if the request holds one that can be right.</summary>
    public static async Task<Result<PhotoView>> SendAsync(
        HttpRequest request, long limit, Func<Stream, string?, Task<Result<PhotoView>>> upload, CancellationToken cancellationToken)
    {
        var type = MediaTypeHeaderValue.TryParse(request.ContentType, out var parsed) ? parsed : null;
        var isForm = type is not null && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase);

        // What says that it is too large is refused before any of it is read.
        if (request.ContentLength > limit + (isForm ? FormOverhead : 0))
        {
            return MediaErrors.TooLarge(limit);
        }

        if (isForm)
        {
            return await SendFileAsync(request, type!.Boundary, upload, cancellationToken); // not null, or it would be no form
        }

        return string.IsNullOrEmpty(request.ContentType) || IsImage(type)
            ? await upload(request.Body, null)
            : PlatformErrors.UnsupportedMedia;
    }

    private static bool IsImage(MediaTypeHeaderValue? type) => type is not null
        && (type.Type.Equals("image", StringComparison.OrdinalIgnoreCase)
            || type.MediaType.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase));

    private static async Task<Result<PhotoView>> SendFileAsync(
        HttpRequest request, StringSegment quoted, Func<Stream, string?, Task<Result<PhotoView>>> upload,
        CancellationToken cancellationToken)
    {
        // RFC 2046 §5.1.1: 1 to 70 characters.
        if (HeaderUtilities.RemoveQuotes(quoted) is not { Length: > 0 and <= 70 } boundary)
        {
            return MediaErrors.Cut;
        }

        try
        {
            var reader = new MultipartReader(boundary.ToString(), request.Body);
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (section.GetContentDispositionHeader() is { } header && HeaderUtilities.RemoveQuotes(header.Name).Equals("file"))
                {
                    var name = HeaderUtilities.RemoveQuotes(header.FileNameStar.HasValue ? header.FileNameStar : header.FileName);
                    return await upload(section.Body, name.Value);
                }
            }

            return MediaErrors.NoFile;
        }
        catch (Exception e) when (e is InvalidDataException or IOException and not BadHttpRequestException
            && !cancellationToken.IsCancellationRequested)
        {
            // So the reader says that there is no closing boundary, or that a header has no end. Failures of the blob store look otherwise.
            return MediaErrors.Cut;
        }
    }
}
