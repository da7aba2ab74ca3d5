using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Monolith.Modules.Tests.Media.Imaging;

namespace Monolith.Modules.Tests.Media;

[Trait("host", "own")]
public sealed class ServeVariantTests(ServedVariant served) : IClassFixture<ServedVariant>
{
    private const string Shared = "public, max-age=31536000, s-maxage=86400, stale-while-revalidate=60, stale-if-error=86400, immutable";

    private readonly HttpClient _anonymous = served.App.CreateClient();

    [Fact]
    public async Task Serves_the_variant_to_any_client_without_limit()
    {
        var response = await _anonymous.GetAsync(served.Url);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var hash = Convert.ToHexStringLower(SHA256.HashData(await response.Content.ReadAsByteArrayAsync()));
        Assert.Equal($"\"{hash}\"", response.Headers.ETag?.ToString());
        Assert.Contains($"/{hash}.webp", served.Url, StringComparison.Ordinal);
        Assert.Equal(Shared, Header(response, "Cache-Control"));
        Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
        Assert.Equal("cross-origin", Header(response, "Cross-Origin-Resource-Policy"));
        Assert.Equal("bytes", Header(response, "Accept-Ranges"));
        Assert.Equal($"photo-{served.Photo} media", Header(response, "Surrogate-Key"));
        Assert.Equal("image/webp", response.Content.Headers.ContentType?.ToString());
        Assert.Equal("inline; filename=\"web.webp\"", response.Content.Headers.ContentDisposition?.ToString());
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task Answers_not_modified_to_who_has_it()
    {
        var etag = (await _anonymous.GetAsync(served.Url)).Headers.ETag!;

        var response = await SendAsync(HttpMethod.Get, r => r.IfNoneMatch.Add(etag));

        Assert.Equal(HttpStatusCode.NotModified, response.StatusCode);
        Assert.Equal(etag, response.Headers.ETag);
        Assert.Equal(Shared, Header(response, "Cache-Control"));
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, r => r.IfNoneMatch.Add(new("\"other\"")))).StatusCode);
    }

    [Fact]
    public async Task Serves_a_range()
    {
        var whole = await _anonymous.GetByteArrayAsync(served.Url);

        var response = await SendAsync(HttpMethod.Get, r => r.Range = new RangeHeaderValue(10, 19));

        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal($"bytes 10-19/{whole.Length}", response.Content.Headers.ContentRange?.ToString());
        Assert.Equal(whole[10..20], await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Serves_the_whole_when_the_condition_of_a_range_does_not_hold()
    {
        var response = await SendAsync(HttpMethod.Get, r =>
        {
            r.Range = new RangeHeaderValue(10, 19);
            r.IfRange = new RangeConditionHeaderValue("\"other\"");
        });

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Refuses_a_range_beyond_the_end()
    {
        var response = await SendAsync(HttpMethod.Get, r => r.Range = new RangeHeaderValue(100_000_000, null));

        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, response.StatusCode);
    }

    [Fact]
    public async Task Serves_the_whole_for_several_ranges_at_once()
    {
        var response = await SendAsync(HttpMethod.Get, r => r.Range = new RangeHeaderValue { Ranges = { new(0, 1), new(4, 5) } });

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Tells_by_head_what_get_would_tell()
    {
        var get = await _anonymous.GetAsync(served.Url);

        var head = await SendAsync(HttpMethod.Head, _ => { });

        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(get.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Equal(get.Headers.ETag, head.Headers.ETag);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Knows_no_address_that_was_tampered_with()
    {
        var parts = served.Url.Split('/');
        var (signature, preset, file) = (parts[2], parts[3], parts[4]);
        string[] tampered =
        [
            .. Enumerable.Range(0, 33).Select(i => $"/m/{Flip(signature, i)}/{preset}/{file}"),
            $"/m/{signature}/thumb/{file}",
            $"/m/{signature}/{preset}/{file.Replace(".webp", ".png", StringComparison.Ordinal)}",
            $"/m/{signature}/{preset}/{new string('0', 64)}.webp",
            $"/m/{signature}/{preset}/original",
            $"/m/{signature}%20/{preset}/{file}",
            $"/m/{signature}=/{preset}/{file}",
            $"/m/{signature[..^1]}/{preset}/{file}",
            $"/m/ü/{preset}/{file}",
        ];

        foreach (var url in tampered)
        {
            await (await _anonymous.GetAsync(url)).IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        }
    }

    [Fact]
    public async Task Does_not_take_other_methods() =>
        await (await _anonymous.PostAsync(served.Url, null)).IsProblemAsync(HttpStatusCode.MethodNotAllowed, "method-not-allowed");

    private static string Flip(string signature, int at)
    {
        var bytes = Base64Url.DecodeFromChars(signature);
        bytes[at] ^= 1;
        return Base64Url.EncodeToString(bytes);
    }

    private static string Header(HttpResponseMessage response, string name) => string.Join(", ", response.Headers.NonValidated[name]);

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, Action<HttpRequestHeaders> change)
    {
        var request = new HttpRequestMessage(method, served.Url);
        change(request.Headers);
        return _anonymous.SendAsync(request);
    }
}

/// <summary>A photo whose variants are ready.</summary>
public sealed class ServedVariant : IAsyncLifetime
{
    internal App App { get; } = new();

    internal string Photo { get; private set; } = "";

    /// <summary>Where its variant <c>web</c> is.</summary>
    internal string Url { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await ((IAsyncLifetime)App).InitializeAsync();
        var ada = await Photographer.JoinAsync(App);
        Photo = await ada.UploadAsync(Pictures.Slopes(600, 400));
        Url = (string)Photographer.Variant(await ada.GetFinishedAsync(Photo), "web")["url"]!;
    }

    public ValueTask DisposeAsync() => ((IAsyncDisposable)App).DisposeAsync();
}
