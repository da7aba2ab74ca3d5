using System.Text.RegularExpressions;

namespace Monolith.Modules.Tests.Pages;

/// <summary>As much of a browser as forms need: it keeps cookies, also secure ones, and sends the token that a page gave.</summary>
internal sealed partial class Browser(App app)
{
    private readonly Dictionary<string, string> _cookies = new(StringComparer.Ordinal);

    private readonly HttpClient _http = app.CreateClient();

    public string Email { get; } = Member.NewEmail();

    public static async Task<Browser> SignUpAsync(App app)
    {
        var browser = new Browser(app);
        using var answer = await browser.PostAsync("/", "/signup", new()
        {
            ["email"] = browser.Email,
            ["password"] = Member.Password,
            ["firstName"] = "Ada",
            ["lastName"] = "Lovelace",
        });
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        return browser;
    }

    public Task<HttpResponseMessage> GetAsync(string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/html");
        return SendAsync(request);
    }

    public async Task<string> ReadAsync(string path) => await (await GetAsync(path)).Content.ReadAsStringAsync();

    /// <summary>Fills in the form of a page and sends it.</summary>
    public async Task<HttpResponseMessage> PostAsync(string page, string action, Dictionary<string, string> fields)
    {
        fields["__RequestVerificationToken"] = await TokenOfAsync(page);
        return await SendAsync(new HttpRequestMessage(HttpMethod.Post, action) { Content = new FormUrlEncodedContent(fields) });
    }

    public async Task<HttpResponseMessage> UploadAsync(byte[] file, string name, string? token = null)
    {
        token ??= await TokenOfAsync("/");
        var content = new ByteArrayContent(file)
        {
            Headers = { ContentDisposition = new("form-data") { Name = "\"file\"", FileName = $"\"{name}\"" } },
        };
        var form = new MultipartFormDataContent { { new StringContent(token), "__RequestVerificationToken" }, content };
        return await SendAsync(new HttpRequestMessage(HttpMethod.Post, "/photos") { Content = form });
    }

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        if (_cookies.Count > 0)
        {
            request.Headers.Add("Cookie", string.Join("; ", _cookies.Select(c => $"{c.Key}={c.Value}")));
        }

        var response = await _http.SendAsync(request);
        foreach (var cookie in response.Headers.TryGetValues("Set-Cookie", out var set) ? set : [])
        {
            var (name, value) = cookie.Split(';')[0].Split('=', 2) is [var n, var v] ? (n, v) : ("", "");
            if (value.Length == 0)
            {
                _cookies.Remove(name);
            }
            else
            {
                _cookies[name] = value;
            }
        }

        return response;
    }

    private async Task<string> TokenOfAsync(string page) => Token().Match(await ReadAsync(page)).Groups[1].Value;

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
