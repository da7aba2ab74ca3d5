using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.Modules.Tests.Platform;

/// <summary>A host that does not wait. Nothing is asked of it that has to be done in time.</summary>
public sealed class ImpatientApp : ProbeApp
{
    protected override IEnumerable<string> Settings =>
    [
        "--Limits:Endpoints:default:Concurrency=2", "--Limits:Endpoints:default:Queue=2", "--Limits:QueueSeconds=120",
        "--Limits:RequestSeconds=2", "--Limits:HeadersSeconds=1", "--Limits:BodyGraceSeconds=2", "--Limits:BodyBytesPerSecond=1000000",
    ];
}

[Trait("host", "own")]
public sealed class TimeLimitsTests(ImpatientApp app) : IClassFixture<ImpatientApp>
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shows_the_limits_that_hold()
    {
        using var http = app.CreateClient();

        var limits = (await http.GetFromJsonAsync<JsonObject>("/v1/limits", Cancelled))!;

        Assert.Equal(
            (1 << 20, 16 << 10, 8 << 10, 32),
            ((int?)limits["maxBodyBytes"], (int?)limits["maxHeaderBytes"], (int?)limits["maxUrlBytes"], (int?)limits["maxJsonDepth"]));
        Assert.Equal(
            (2, 1, 2), ((int?)limits["requestSeconds"], (int?)limits["headersSeconds"], (int?)limits["eachEndpoint"]!["concurrency"]));
        var upload = limits["exceptions"]!["POST /v1/media"]!;
        Assert.Equal((600, 256), ((int?)upload["requestSeconds"], (int?)upload["concurrency"]));
        Assert.InRange((int)upload["maxBodyBytes"]!, 25 << 20, 26 << 20);

        // Whatever hashes a password is kept to a few at once.
        Assert.All(
            [
                "POST /v1/users", "POST /v1/sessions", "POST /v1/users/me/password", "DELETE /v1/users/me", "POST /signup", "POST /login",
                "POST /account/delete"],
            endpoint => Assert.NotNull(limits["exceptions"]![endpoint]?["concurrency"]));
    }

    [Fact]
    public async Task A_request_that_takes_too_long_is_ended()
    {
        using var http = app.CreateClient();

        using var answer = await http.GetAsync("/probe/slow", Cancelled);

        Assert.Equal("timeout", (string?)(await answer.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["code"]);
    }

    [Fact]
    public async Task A_head_that_does_not_come_to_its_end_is_not_waited_for() =>
        Assert.StartsWith(
            "HTTP/1.1 408 ", await LimitsTests.ExchangeAsync(app.Address, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "),
            StringComparison.Ordinal);

    [Fact]
    public async Task A_body_that_trickles_is_not_waited_for() => Assert.StartsWith(
        "HTTP/1.1 503 ",
        await LimitsTests.ExchangeAsync(app.Address, "POST /probe/body HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx"),
        StringComparison.Ordinal);
}
