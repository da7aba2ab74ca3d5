using System.Text;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Monolith.Media.Contracts;

namespace Monolith.Pages.Photos;

internal static class UploadEndpoint
{
    // A phone on a slow line.
    private static readonly TimeSpan _timeLimit = TimeSpan.FromMinutes(10);

    // A browser shows our answer only when all it sent was read. Up to here we read on to say "too large"; beyond, the connection breaks.
    private const int DrainFactor = 8;

    public static void MapUpload(this IEndpointRouteBuilder pages) =>
        pages.MapPost(
            "/photos",
            async (Visitor visitor, HttpContext http, IMediator mediator, UploadForm form, CancellationToken cancellationToken) =>
        {
            var limits = await mediator.Send(new GetUploadLimits(), cancellationToken);
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            {
                size.MaxRequestBodySize = limits.MaxBytes * DrainFactor;
            }

            var refusal = visitor.User is { } user
                ? await form.ReceiveAsync(
                    http, limits, file => mediator.AttemptAsync(new UploadPhoto(user.Id, file.Content, file.Name), cancellationToken))
                : Refusal.Stale;
            if (refusal is not null)
            {
                await DrainAsync(http.Request.Body, cancellationToken);
            }

            var notice = refusal is null
                ? new Notice("Your photo is here. Its pictures appear as they become ready.", false)
                : new Notice(refusal.Message, true);
            notice.Leave(http);
            return Page.GoTo(visitor.User is null ? "/login" : LocalPath.Home);
        })
        .Does(Workload.Upload)
        .WithRequestTimeout(_timeLimit);

    private static async Task DrainAsync(Stream body, CancellationToken cancellationToken)
    {
        try
        {
            await body.CopyToAsync(Stream.Null, cancellationToken);
        }
        catch (IOException) when (!cancellationToken.IsCancellationRequested)
        {
            // More than our patience: the server closes the connection by itself.
        }
    }
}

/// <summary>Reads the form with the photo, without keeping any of it: the file goes on to the module while it comes in.</summary>
internal sealed class UploadForm(IAntiforgery antiforgery, IOptions<AntiforgeryOptions> options)
{
    // Bytes of the form besides the file: token, names, boundaries.
    private const int MaxOverhead = 64 << 10;

    private const int MaxTokenLength = 4 << 10;

    private static readonly Refusal _nothing = Refusal.Of("Choose a photo first.");
    private static readonly Refusal _cut = Refusal.Of("The upload was cut short. Please try again.");

    /// <param name="Content">The file.</param>
    /// <param name="Name">What the browser calls it.</param>
    public readonly record struct FormFile(Stream Content, string Name);

    /// <summary>Hands the file over if the form is one of ours; null, or why it was refused.</summary>
    public async Task<Refusal?> ReceiveAsync(
        HttpContext http, UploadLimits limits, Func<FormFile, Task<(PhotoView? Photo, Refusal? Refusal)>> upload)
    {
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type)
            || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= 70 } boundary) // RFC 2046 §5.1.1
        {
            return _nothing;
        }

        if (http.Request.ContentLength > limits.MaxBytes + MaxOverhead)
        {
            return Refusal.Of($"The photo is larger than {Text.Size(limits.MaxBytes)}.");
        }

        try
        {
            return await ReadAsync(new MultipartReader(boundary.ToString(), http.Request.Body), http, upload);
        }
        catch (Exception e) when (e is InvalidDataException or IOException && !http.RequestAborted.IsCancellationRequested)
        {
            return _cut;
        }
    }

    // The token stands before the file in the page, and so it does in what the browser sends.
    private async Task<Refusal?> ReadAsync(
        MultipartReader sections, HttpContext http, Func<FormFile, Task<(PhotoView? Photo, Refusal? Refusal)>> upload)
    {
        var isOurs = false;
        while (await sections.ReadNextSectionAsync(http.RequestAborted) is { } section)
        {
            if (section.AsFileSection() is { Name: "file" } file)
            {
                return isOurs ? (await upload(new FormFile(section.Body, file.FileName))).Refusal : Refusal.Stale;
            }

            if (section.AsFormDataSection()?.Name == options.Value.FormFieldName)
            {
                // As a header: for a field the checker would read, and keep, the whole form.
                // not null by default
                http.Request.Headers[options.Value.HeaderName!] = await ReadTokenAsync(section.Body, http.RequestAborted);
                isOurs = await antiforgery.IsOursAsync(http);
            }
        }

        return _nothing; // a browser sends a field without a name of a file then
    }

    private static async Task<string> ReadTokenAsync(Stream field, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxTokenLength];
        return Encoding.ASCII.GetString(
            buffer, 0, await field.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken));
    }
}
