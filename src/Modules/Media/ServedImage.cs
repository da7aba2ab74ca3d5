using Microsoft.Net.Http.Headers;
using Monolith.Media.Contracts;

namespace Monolith.Media;

/// <summary>An image on its way out.</summary>
/// <param name="Photo">Which photo it is, or is made of.</param>
/// <param name="Content">Disposed of by the answer.</param>
/// <param name="ContentType">As it was stored.</param>
/// <param name="ContentHash">Becomes the strong entity tag.</param>
/// <param name="Name">What a browser calls the file: plain ASCII without quotes.</param>
internal sealed record ServedImage(PhotoId Photo, Stream Content, string ContentType, string ContentHash, string Name)
{
    public static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>By what the edge can be told, by hand, to forget every variant.</summary>
    public const string KeyOfAll = "media";

    /// <summary>By what the edge is told to forget everything of a photo.</summary>
    public static string KeyOf(PhotoId photo) => $"photo-{photo}";

    /// <summary>
    /// Answers GET and HEAD with the bytes, with conditions and one range (RFC 9110 §13, §14). Several ranges at once get the whole file.
    /// </summary>
    public IResult ToHttp(HttpResponse response)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentDisposition = $"inline; filename=\"{Name}\"";
        return Results.Stream(Content, ContentType, entityTag: new EntityTagHeaderValue($"\"{ContentHash}\""), enableRangeProcessing: true);
    }
}
