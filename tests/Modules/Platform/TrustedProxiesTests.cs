using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Monolith.Modules.Tests.Platform;

/// <summary>Requests that say that they came from another client.</summary>
[Trait("host", "own")]
public sealed class TrustedProxiesTests
{
    [Theory]
    [InlineData("203.0.113.9", "203.0.113.0/24")]
    [InlineData("198.51.100.1, 203.0.113.9", "203.0.113.0/24")]
    [InlineData("203.0.113.9, 10.0.0.7", "203.0.113.0/24")]
    [InlineData("203.0.113.9, 10.0.0.8", "10.0.0.0/24")]
    [InlineData("2001:db8:1:2::3", "2001:db8:1::/48")]
    [InlineData("nonsense", "127.0.0.0/24")]
    public async Task Are_believed_as_far_as_they_came_through_proxies_that_are_trusted(string forwardedFor, string network)
    {
        await using var app = await ProxiedApp.StartAsync("10.0.0.7,127.0.0.0/8");

        Assert.Equal($"http from {network}", await SeenAsync(app, ("X-Forwarded-For", forwardedFor)));
    }

    [Fact]
    public async Task Are_not_believed_when_no_proxy_is_trusted()
    {
        await using var app = await ProxiedApp.StartAsync("");

        Assert.Equal("http from 127.0.0.0/24", await SeenAsync(app, ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https")));
    }

    [Fact]
    public async Task Make_browsers_come_back_over_tls_only_when_they_did()
    {
        await using var app = await ProxiedApp.StartAsync("127.0.0.1");
        using var http = app.CreateClient();
        using var plain = await http.GetAsync("/");
        http.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        http.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");

        using var secure = await http.GetAsync("/");

        Assert.False(plain.Headers.Contains("Strict-Transport-Security"));
        Assert.Equal("max-age=31536000", Assert.Single(secure.Headers.GetValues("Strict-Transport-Security")));
    }

    [Fact]
    public async Task Are_refused_at_the_start_where_they_are_no_addresses()
    {
        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => ProxiedApp.StartAsync("10.0.0.7, lb1, 10.0.0.0/99"));

        Assert.Equal(["lb1", "10.0.0.0/99"], refused.Lines.Select(l => l.Split('"')[1]));
    }

    private static async Task<string> SeenAsync(ProxiedApp app, params (string Name, string Value)[] headers)
    {
        using var http = app.CreateClient();
        foreach (var (name, value) in headers)
        {
            http.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        }

        return await http.GetStringAsync("/seen");
    }
}

/// <summary>A host that believes some proxies, and tells what it sees.</summary>
internal sealed class ProxiedApp(string proxies) : App
{
    protected override IReadOnlyList<IModule> ExtraModules => [new SeenModule()];

    protected override IEnumerable<string> Settings => [$"--TrustedProxies={proxies}"];

    public static async Task<ProxiedApp> StartAsync(string proxies)
    {
        var app = new ProxiedApp(proxies);
        await ((IAsyncLifetime)app).InitializeAsync();
        return app;
    }

    private sealed class SeenModule() : TestModule("seen", SeenJson.Default)
    {
        public override void Map(IEndpointRouteBuilder routes) => routes.MapGet(
            "/seen",
            (HttpContext http) => $"{http.Request.Scheme} from {Throttle.NetworkOf(http.Connection.RemoteIpAddress)}").AllowAnonymous();
    }
}

[JsonSerializable(typeof(string))]
internal sealed partial class SeenJson : JsonSerializerContext;
