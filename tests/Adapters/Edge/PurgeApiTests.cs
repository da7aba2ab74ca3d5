using Microsoft.AspNetCore.Http;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests.Edge;

/// <summary>The whole suite on a server that is told by its API, and what that server may do wrong.</summary>
public sealed class PurgeApiTests : EdgeContract
{
    private readonly string _token = Path.GetTempFileName();
    private readonly List<StartedEdge> _started = [];
    private TestCdn _cdn = null!; // Made before every test.

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected override async ValueTask<IEdge> StartAsync()
    {
        _cdn = await TestCdn.StartAsync();
        await File.WriteAllTextAsync(_token, _cdn.Token + "\n", Cancellation);
        return await EdgeAsync("/purge?header=Surrogate-Key");
    }

    protected override ValueTask ReadAsync(string path, params IReadOnlyList<string> keys)
    {
        _cdn.Keep(path, keys);
        return default;
    }

    protected override ValueTask<bool> HasAsync(string path) => ValueTask.FromResult(_cdn.Has(path));

    protected override async ValueTask StopAsync()
    {
        foreach (var edge in _started)
        {
            await edge.DisposeAsync();
        }

        await _cdn.DisposeAsync();
        File.Delete(_token);
    }

    // As docs/adapters/purge.md writes them.
    [Theory]
    [InlineData(
        "/service/7/purge?header=Surrogate-Key&auth-header=Fastly-Key&batch=256", "POST", "/service/7/purge",
        "Fastly-Key: 0123456789abcdef", "Surrogate-Key: a b", "")]
    [InlineData(
        "/client/v4/zones/7/purge_cache?body={\"tags\":{keys}}", "POST", "/client/v4/zones/7/purge_cache",
        "Authorization: Bearer 0123456789abcdef", null, """{"tags":["a","b"]}""")]
    [InlineData(
        "/pullzone/7/purgeCache?body={\"CacheTag\":\"{key}\"}&auth-header=AccessKey", "POST", "/pullzone/7/purgeCache",
        "AccessKey: 0123456789abcdef", null, """{"CacheTag":"b"}""")]
    [InlineData(
        "/purge?method=PURGE&header=Surrogate-Key&separator=comma", "PURGE", "/purge", "Authorization: Bearer 0123456789abcdef",
        "Surrogate-Key: a,b", "")]
    public async Task Asks_as_the_API_wants_to_be_asked(string url, string method, string path, string auth, string? keys, string body)
    {
        _cdn.Batch = 256;
        var edge = await EdgeAsync(url);

        await edge.PurgeAsync(["a", "b"], Cancellation);

        var call = _cdn.Calls.Last();
        Assert.Equal((method, path, body), (call.Method, call.Path, call.Body));
        var headers = call.Headers.Select(h => $"{h.Key}: {h.Value}").ToList();
        Assert.Contains(auth, headers);
        Assert.True(keys is null || headers.Contains(keys), string.Join('\n', headers));
    }

    [Fact]
    public async Task Sends_what_waited_for_an_answer_together()
    {
        var (edge, isOpen) = (await EdgeAsync("/purge?header=Surrogate-Key&batch=10"), new TaskCompletionSource());
        _cdn.Batch = 10;
        _cdn.Instead = async context =>
        {
            await isOpen.Task;
            await context.Response.WriteAsync("later");
        };

        var purges = Enumerable.Range(0, 25).Select(i => edge.PurgeAsync([$"photo-{i}"], Cancellation).AsTask()).ToList();
        await Eventually.IsSoAsync(() => _cdn.Calls.Count == 1);
        isOpen.SetResult();
        await Task.WhenAll(purges);

        Assert.InRange(_cdn.Calls.Count, 3, 4); // What was there when the first one left, then ten, ten and what is left.
        Assert.Equal(25, _cdn.Calls.SelectMany(c => c.Headers["Surrogate-Key"].Split(' ')).Distinct().Count());
        Assert.All(_cdn.Calls, c => Assert.InRange(c.Headers["Surrogate-Key"].Split(' ').Length, 1, 10));
    }

    [Fact]
    public async Task Keeps_the_answer_as_a_receipt()
    {
        var receipt = await _started[0].Edge.PurgeAsync(["photo-1"], Cancellation);

        Assert.Equal("""200 { "success": true, "id": "purge-1" }""", receipt.Answer);
        Assert.True(TimeProvider.System.GetUtcNow() - receipt.At < TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData(401, "it answers 401, so it does not accept who we are")]
    [InlineData(404, "it answers 404")]
    [InlineData(302, "it answers 302, which is not followed")]
    [InlineData(500, "it answers 500")]
    [InlineData(503, "it answers 503")]
    public async Task Waits_for_an_API_that_refuses(int status, string reason)
    {
        await ReadAsync("/m/1", "photo-1");
        _cdn.Instead = context =>
        {
            (context.Response.StatusCode, context.Response.Headers.Location) = (status, "/elsewhere");
            return Task.CompletedTask;
        };

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await _started[0].Edge.PurgeAsync(["photo-1"], Cancellation));

        Assert.Equal($"The edge 127.0.0.1:{_cdn.Port} takes no purge: {reason}.", refused.Message);
        Assert.Equal($"The edge 127.0.0.1:{_cdn.Port} takes no purge: {reason}", _started[0].Fault);
        _cdn.Instead = null;
        await _started[0].Edge.PurgeAsync(["photo-1"], Cancellation);
        Assert.False(_cdn.Has("/m/1"));
        Assert.Null(_started[0].Fault);
    }

    [Fact]
    public async Task Is_not_deceived_by_a_success_that_is_none()
    {
        _cdn.Instead = context => context.Response.WriteAsync("""{ "success": false, "errors": [{ "message": "no such zone" }] }""");

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await _started[0].Edge.PurgeAsync(["photo-1"], Cancellation));

        Assert.Contains("no such zone", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("120")]
    [InlineData("Tue, 01 Jan 2030 00:02:00 GMT")]
    public async Task Leaves_an_API_alone_for_as_long_as_it_asks(string wait)
    {
        var clock = new FakeClock(); // It begins at the first of January 2030.
        var edge = await EdgeAsync("/purge?header=Surrogate-Key", clock);
        _cdn.Instead = context =>
        {
            (context.Response.StatusCode, context.Response.Headers.RetryAfter) = (429, wait);
            return Task.CompletedTask;
        };
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await edge.PurgeAsync(["photo-1"], Cancellation));
        _cdn.Instead = null;

        clock.Advance(TimeSpan.FromSeconds(119));
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await edge.PurgeAsync(["photo-1"], Cancellation));
        Assert.Contains("wants to be left alone for 1 s more", refused.Message, StringComparison.Ordinal);
        Assert.Single(_cdn.Calls);

        clock.Advance(TimeSpan.FromSeconds(1));
        await edge.PurgeAsync(["photo-1"], Cancellation);
        Assert.Equal(2, _cdn.Calls.Count);
    }

    [Fact]
    public async Task Abandons_an_API_that_hangs_and_tells_all_who_wait()
    {
        var clock = new FakeClock();
        var edge = await EdgeAsync("/purge?header=Surrogate-Key&batch=1", clock);
        _cdn.Instead = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        var purges = Enumerable.Range(0, 5).Select(i => edge.PurgeAsync([$"photo-{i}"], Cancellation).AsTask()).ToList();
        await Eventually.IsSoAsync(() => _cdn.Calls.Count == 1);

        clock.Advance(TimeSpan.FromSeconds(10));

        foreach (var purge in purges)
        {
            Assert.Contains(
                "does not answer in time", (await Assert.ThrowsAsync<StoreUnavailableException>(() => purge)).Message,
                StringComparison.Ordinal);
        }

        Assert.Single(_cdn.Calls);
    }

    [Fact]
    public async Task Goes_on_when_a_server_that_was_gone_is_back_with_another_token()
    {
        await _cdn.StopAsync();
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await _started[0].Edge.PurgeAsync(["photo-1"], Cancellation));
        Assert.Contains("Connection refused", refused.Message, StringComparison.Ordinal);

        await _cdn.ResumeAsync();
        _cdn.Token = "another-token";
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await _started[0].Edge.PurgeAsync(["photo-1"], Cancellation));
        await File.WriteAllTextAsync(_token, "another-token", Cancellation);
        await _started[0].Edge.PurgeAsync(["photo-1"], Cancellation);
    }

    [Fact]
    public async Task Cancels_one_who_cancels_and_not_the_others()
    {
        var isOpen = new TaskCompletionSource();
        _cdn.Instead = _ => isOpen.Task;
        using var giveUp = new CancellationTokenSource();
        var first = _started[0].Edge.PurgeAsync(["photo-1"], giveUp.Token).AsTask();
        var second = _started[0].Edge.PurgeAsync(["photo-1"], Cancellation).AsTask();
        await Eventually.IsSoAsync(() => !_cdn.Calls.IsEmpty);

        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        isOpen.SetResult();

        Assert.Equal(1, (await second).Keys);
    }

    private async Task<IEdge> EdgeAsync(string rest, TimeProvider? clock = null)
    {
        var edge = await StartedEdge.StartAsync($"purge+http://127.0.0.1:{_cdn.Port}{rest}&password-file={_token}", clock);
        _started.Add(edge);
        return edge.Edge;
    }
}
