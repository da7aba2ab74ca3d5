using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests.Edge;

/// <summary>The whole suite on a real Varnish, shared by its tests as one that runs for years is shared by photos.</summary>
public sealed class VarnishEdgeTests(VarnishFixture fixture) : EdgeContract, IClassFixture<VarnishFixture>
{
    private readonly string _own = $"{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
    private StartedEdge? _started;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected override async ValueTask<IEdge> StartAsync()
    {
        Assert.SkipWhen(VarnishTestServer.Missing is not null, VarnishTestServer.Missing ?? "");
        _started = await StartedEdge.StartAsync(fixture.Server.Url($"&url={fixture.Server.Address.GetLeftPart(UriPartial.Authority)}"));
        return _started.Edge;
    }

    protected override async ValueTask ReadAsync(string path, params IReadOnlyList<string> keys)
    {
        fixture.Keys[path + _own] = string.Join(' ', keys);
        await fixture.GetAsync(path + _own);
    }

    protected override async ValueTask<bool> HasAsync(string path) => await fixture.GetAsync(path + _own) == "hit";

    protected override async ValueTask StopAsync()
    {
        if (_started is not null)
        {
            // Keys are the same in every test.
            await _started.Edge.PurgeAsync(["media", "photo-1", "photo-2", "photo-11"], CancellationToken.None);
            await _started.DisposeAsync();
        }
    }

    [Fact]
    public async Task Says_how_many_copies_each_Varnish_forgot()
    {
        await ReadAsync("/m/1", "photo-1");
        await ReadAsync("/m/2", "photo-1");

        var receipt = await _started!.Edge.PurgeAsync(["photo-1"], Cancellation); // Started before every test.

        Assert.Equal($"127.0.0.1:{fixture.Server.Port} 2", receipt.Answer);
    }

    [Fact]
    public async Task Takes_no_purge_from_one_who_does_not_know_the_secret()
    {
        await ReadAsync("/m/1", "photo-1");
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, new string('0', 64), Cancellation);
        await using var stranger = await StartedEdge.StartAsync($"varnish://127.0.0.1:{fixture.Server.Port}?password-file={file}");

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await stranger.Edge.PurgeAsync(["photo-1"], Cancellation));

        Assert.Contains("answers 403, so it does not accept who we are", refused.Message, StringComparison.Ordinal);
        Assert.True(await HasAsync("/m/1"));
        await Eventually.IsSoAsync(() => stranger.Fault is not null);
        await File.WriteAllTextAsync(file, fixture.Server.Secret, Cancellation);
        await stranger.Edge.PurgeAsync(["photo-1"], Cancellation);
        Assert.False(await HasAsync("/m/1"));
        File.Delete(file);
    }

    [Fact]
    public async Task Counts_as_purged_only_when_every_Varnish_answered()
    {
        await ReadAsync("/m/1", "photo-1");
        await using var second = await VarnishTestServer.StartAsync(fixture.Origin.Port, secret: fixture.Server.Secret);
        await using var both = await StartedEdge.StartAsync(
            $"varnish://127.0.0.1:{fixture.Server.Port},127.0.0.1:{second.Port}?password-file={fixture.Server.SecretFile}");
        Assert.Equal(
            $"127.0.0.1:{fixture.Server.Port} 1, 127.0.0.1:{second.Port} 0",
            (await both.Edge.PurgeAsync(["photo-1"], Cancellation)).Answer);
        second.Kill();

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await both.Edge.PurgeAsync(["photo-1"], Cancellation));

        Assert.Contains($"127.0.0.1:{second.Port}: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{second.Port}", both.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_not_taken_for_a_Varnish_when_it_is_none()
    {
        await using var web = await TestWeb.StartAsync();
        await using var edge = await StartedEdge.StartAsync($"varnish://127.0.0.1:{web.Port}?password-file={fixture.Server.SecretFile}");

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await edge.Edge.PurgeAsync(["photo-1"], Cancellation));

        Assert.Contains("is no Varnish with deploy/varnish.vcl", refused.Message, StringComparison.Ordinal);
    }
}

/// <summary>A Varnish, and behind it a server whose answers carry keys.</summary>
public sealed class VarnishFixture : IAsyncLifetime
{
    private readonly HttpClient _http = new();

    /// <summary>By path.</summary>
    internal ConcurrentDictionary<string, string> Keys { get; } = new();

    /// <summary>By path: what is answered there instead.</summary>
    internal ConcurrentDictionary<string, RequestDelegate> Answers { get; } = new();

    internal TestWeb Origin { get; private set; } = null!; // Made by the framework before any test.

    internal VarnishTestServer Server { get; private set; } = null!; // As above, where there is one; otherwise tests are skipped.

    /// <summary>Asks through it; whether it was <c>hit</c>.</summary>
    internal async Task<string> GetAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri(Server.Address, path), TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
        Assert.False(answer.Headers.Contains("Surrogate-Key") || answer.Headers.Contains("xkey"));
        return string.Concat(answer.Headers.GetValues("X-Cache"));
    }

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        Origin = await TestWeb.StartAsync(context =>
        {
            if (Answers.TryGetValue(context.Request.Path, out var answer))
            {
                return answer(context);
            }

            context.Response.Headers.CacheControl =
                "public, max-age=31536000, s-maxage=86400, stale-while-revalidate=60, stale-if-error=86400, immutable";
            context.Response.Headers["Surrogate-Key"] = Keys.GetValueOrDefault(context.Request.Path);
            return context.Response.WriteAsync("fine");
        });
        if (VarnishTestServer.Missing is null)
        {
            Server = await VarnishTestServer.StartAsync(Origin.Port);
        }
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        _http.Dispose();
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        await Origin.DisposeAsync();
    }
}
