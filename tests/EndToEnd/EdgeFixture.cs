using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>A real host behind a real Varnish, and two people with a photo each.</summary>
public sealed class EdgeFixture : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;
    private readonly int _port = FreePort.Next();

    // Made before any test where there is one; otherwise they are skipped.
    internal VarnishTestServer Varnish { get; private set; } = null!;

    internal HostProcess Host { get; private set; } = null!; // As above.

    internal EdgePerson Ada { get; private set; } = null!; // As above.

    internal EdgePerson Bob { get; private set; } = null!; // As above.

    /// <summary>The edge for a reader with this token, or with none.</summary>
    internal HttpClient Client(string? token = null)
    {
        var http = new HttpClient(
            new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Varnish.Address };
        http.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    /// <summary>Starts the host again where it was.</summary>
    internal async Task StartHostAsync()
    {
        // Nothing is fresh for long, so that its loss is seen soon, and no name of its own: readers know one address.
        string[] settings = [$"Adapters:Edge={Varnish.Url("&keep=1s&stale=10m&again=500ms")}", "TrustedProxies=127.0.0.1"];
        Host = await HostProcess.StartAsync(_folder, settings, CancellationToken.None, _port);

        // Varnish looks now and then whether it is there.
        using var http = Client();
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromSeconds(30); await Task.Delay(50))
        {
            using var answer = await http.GetAsync("/v1/limits");
            if (answer.IsSuccessStatusCode)
            {
                return;
            }
        }

        throw new TimeoutException($"Varnish does not find the host; it wrote:\n{Varnish.Output}");
    }

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        if (VarnishTestServer.Missing is null)
        {
            Varnish = await VarnishTestServer.StartAsync(_port, vcl => vcl
                .Replace("req.grace = 60s", "req.grace = 1s", StringComparison.Ordinal).Replace(
                    ".interval = 1s", ".interval = 200ms", StringComparison.Ordinal));
            await StartHostAsync();
            (Ada, Bob) = (await EdgePerson.JoinAsync(this, "Ada"), await EdgePerson.JoinAsync(this, "Bob"));
        }
    }

    ValueTask IAsyncDisposable.DisposeAsync()
    {
        Host?.Dispose();
        Directory.Delete(_folder, recursive: true);
        return Varnish?.DisposeAsync() ?? default;
    }
}

/// <summary>A person whose every trace can be told from another's.</summary>
/// <param name="Name">First name and mail address begin with it.</param>
/// <param name="Email">The whole address.</param>
/// <param name="Id">Of the user.</param>
/// <param name="Token">Of the session.</param>
/// <param name="Cookie">The same as browsers send it.</param>
/// <param name="Photo">Id of the photo.</param>
/// <param name="Variant">Where its variant <c>web</c> is.</param>
internal sealed record EdgePerson(string Name, string Email, string Id, string Token, string Cookie, string Photo, string Variant)
{
    private const string Password = "correct horse battery";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>What no other reader may see.</summary>
    public IEnumerable<string> Traces => [.. Secrets, Id, Photo, $"{Name}-Lastname"];

    /// <summary>What no other reader may see, whatever they ask for.</summary>
    public IEnumerable<string> Secrets => [Email, Token, Cookie.Split('=')[1]];

    public static async Task<EdgePerson> JoinAsync(EdgeFixture fixture, string name)
    {
        using var http = fixture.Client();
        var email = $"{name}-{Random.Shared.NextInt64():x}@example.org".ToLowerInvariant();
        using var registered = await http.PostAsJsonAsync(
            "/v1/users", new { email, password = Password, firstName = name, lastName = $"{name}-Lastname" }, Cancelled);
        var id = (string)(await JsonAsync(registered))["id"]!;
        using var session = await http.PostAsJsonAsync("/v1/sessions", new { email, password = Password }, Cancelled);
        var token = (string)(await JsonAsync(session))["token"]!;
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var (photo, variant) = await UploadAsync(http);
        var cookie = string.Concat(session.Headers.GetValues("Set-Cookie")).Split(';')[0];
        return new EdgePerson(name, email, id, token, cookie, photo, variant);
    }

    /// <summary>Uploads one more photo.</summary>
    public static async Task<(string Photo, string Variant)> UploadAsync(HttpClient http)
    {
        using var content = new ByteArrayContent(SmallJpeg.Make(Random.Shared));
        content.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
        using var uploaded = await http.PostAsync("/v1/media", content, Cancelled);
        var view = await PhotoVisit.FinishedAsync(http, uploaded.EnsureSuccessStatusCode().Headers.Location!.ToString());
        return ((string)view["id"]!, (string)view["variants"]!.AsArray().Single(v => (string?)v!["preset"] == "web")!["url"]!);
    }

    public override string ToString() => Name;

    private static async Task<JsonObject> JsonAsync(HttpResponseMessage answer) =>
        (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>(Cancelled))!; // A success has a body here.
}
