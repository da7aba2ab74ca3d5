using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;

namespace Monolith.Modules.Tests.Platform;

/// <summary>
/// A host that takes few requests at once, and lets each take its time: how long that is depends on what else the machine does.
/// </summary>
public sealed class TightApp : ProbeApp
{
    protected override IEnumerable<string> Settings =>
        ["--Limits:Endpoints:default:Concurrency=2", "--Limits:Endpoints:default:Queue=2", "--Limits:QueueSeconds=120"];
}

[Trait("host", "own")]
public sealed class LimitsTests(TightApp app) : IClassFixture<TightApp>
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_flooded_endpoint_refuses_at_once_finishes_what_it_took_and_leaves_the_others_alone()
    {
        using var http = app.CreateClient();
        var release = new TaskCompletionSource<Microsoft.AspNetCore.Http.IResult>();
        app.Answer = _ => release.Task;

        var flood = Enumerable.Range(0, 20).Select(_ => http.GetAsync("/probe/waiting", Cancelled)).ToList();
        var refused = new List<HttpResponseMessage>();
        var open = flood.ToList();
        while (refused.Count < 16)
        {
            var done = await Task.WhenAny(open);
            open.Remove(done);
            refused.Add(await done);
        }

        Assert.All(
            refused,
            answer => Assert.Equal((HttpStatusCode.ServiceUnavailable, "1"), (answer.StatusCode, answer.Headers.RetryAfter?.ToString())));
        Assert.Equal("overloaded", (string?)(await refused[0].Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["code"]);
        foreach (var (address, status)
            in new[] { ("/health/live", 200), ("/health/ready", 200), ("/metrics", 200), ("/v1/limits", 200), ("/v1/media", 401) })
        {
            using var served = await http.GetAsync(address, Cancelled);
            Assert.Equal((address, status), (address, (int)served.StatusCode));
        }

        release.SetResult(Microsoft.AspNetCore.Http.Results.Ok());
        Assert.All(await Task.WhenAll(open), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(4, open.Count);
        Assert.Contains(
            "monolith_http_overloaded_total{endpoint=\"GET /probe/waiting\"} 16", await http.GetStringAsync("/metrics", Cancelled),
            StringComparison.Ordinal);
        flood.ForEach(answer => answer.Result.Dispose());
    }

    [Theory]
    [InlineData(1 << 20, 200)]
    [InlineData((1 << 20) + 1, 413)]
    public async Task A_body_has_a_size(int bytes, int status)
    {
        using var http = app.CreateClient();

        using var answer = await http.PostAsync("/probe/body", new ByteArrayContent(new byte[bytes]), Cancelled);

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData(31, "validation")]
    [InlineData(33, "malformed")]
    public async Task Json_has_a_depth(int depth, string code)
    {
        using var http = app.CreateClient();
        var nested = $"{string.Concat(Enumerable.Repeat("[", depth - 1))}{string.Concat(Enumerable.Repeat("]", depth - 1))}";

        // Unknown fields are ignored, but read.
        using var content = new StringContent($$"""{"email":"","password":"","more":{{nested}}}""", Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync("/v1/sessions", content, Cancelled);

        Assert.Equal(code, (string?)(await answer.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["code"]);
    }

    [Theory]
    [InlineData("/?", 8 << 10, "", 0, "414")]
    [InlineData("/?", 100, "X-Long: ", 17 << 10, "431")]
    [InlineData("/?", 100, "X-Long: ", 15 << 10, "404")]
    public async Task A_head_has_a_size(string address, int more, string header, int length, string status)
    {
        var head = $"GET /nowhere{address}{new string('a', more)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            + (length > 0 ? $"{header}{new string('b', length)}\r\n" : "") + "\r\n";

        Assert.StartsWith($"HTTP/1.1 {status} ", await ExchangeAsync(app.Address, head), StringComparison.Ordinal);
    }

    // Until the server closes the connection.
    internal static async Task<string> ExchangeAsync(Uri address, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, Cancelled);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Cancelled);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Cancelled);
    }
}

public sealed class LimitsSettingsTests
{
    [Fact]
    public void What_cannot_be_right_is_told_with_what_would_be()
    {
        var exception = Assert.Throws<Kernel.Adapters.ConfigurationException>(() => Monolith.Host.Application.Build(
            ["--Limits:BodyByte=5", "--Limits:UrlBytes=5", "--Limits:Endpoints:uplaod:Queue=1", "--Limits:Endpoints:image:Queue=-1"],
            Monolith.Host.Catalog.Modules));

        Assert.Equal(4, exception.Lines.Count);
        Assert.Contains("Limits:UrlBytes: must be a whole number from 256 to 524288", exception.Lines);
        Assert.Contains(exception.Lines, l => l.Contains("did you mean \"upload\"?", StringComparison.Ordinal));
    }
}
