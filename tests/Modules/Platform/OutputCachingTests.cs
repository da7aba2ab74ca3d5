using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Modules.Tests.Platform;

/// <summary>Each test asks for an id of its own; the endpoint says how often it was run for it.</summary>
[Trait("host", "own")]
public sealed class OutputCachingTests : IClassFixture<ProbeApp>
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);

    private readonly Guid _id = Id.New(TimeProvider.System, new Bucket(3));
    private readonly ProbeApp _app;
    private readonly HttpClient _http;
    private int _runs;

    public OutputCachingTests(ProbeApp app)
    {
        (_app, _http) = (app, app.CreateClient());
        app.Answer = _ => Task.FromResult(Results.Text($"{Interlocked.Increment(ref _runs)}"));
    }

    [Fact]
    public async Task Answers_again_without_asking_the_endpoint()
    {
        Assert.Equal("1", await GetAsync());
        Assert.Equal("1", await GetAsync());
    }

    [Fact]
    public async Task Asks_the_endpoint_again_after_a_commit_to_the_stream_and_no_other()
    {
        await GetAsync();

        await _app.CommitAsync(Id.New(TimeProvider.System, new Bucket(3)));
        Assert.Equal("1", await GetAsync());

        await _app.CommitAsync(_id);
        Assert.Equal("2", await GetAsync());
    }

    [Fact]
    public async Task Keeps_no_copy_that_is_older_than_the_readers_token()
    {
        await GetAsync();

        var token = await _app.CommitAsync(Id.New(TimeProvider.System, new Bucket(3)));

        Assert.Equal("2", await GetAsync(token));
    }

    [Fact]
    public async Task Keeps_no_answer_that_was_begun_before_a_commit()
    {
        var (entered, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        _app.Answer = async _ =>
        {
            var answer = $"{Interlocked.Increment(ref _runs)}";
            entered.TrySetResult();
            await gate.Task;
            return Results.Text(answer);
        };
        var slow = GetAsync();
        await entered.Task.WaitAsync(_limit);

        await _app.CommitAsync(_id);
        gate.SetResult();

        Assert.Equal("1", await slow);
        Assert.Equal("2", await GetAsync());
    }

    [Fact]
    public async Task Gives_no_client_an_answer_that_was_begun_before_the_commit_that_it_saw()
    {
        var (entered, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        _app.Answer = async _ =>
        {
            var run = Interlocked.Increment(ref _runs);
            if (run == 1)
            {
                entered.SetResult();
                await gate.Task;
            }

            return Results.Text($"{run}");
        };
        var slow = GetAsync();
        await entered.Task.WaitAsync(_limit);
        var token = await _app.CommitAsync(_id);

        var after = GetAsync(token);
        await Task.WhenAny(after, Task.Delay(TimeSpan.FromMilliseconds(300)));
        gate.SetResult();

        Assert.Equal("2", await after);
        Assert.Equal("1", await slow);
    }

    [Fact]
    public async Task Keeps_copies_for_each_caller_apart()
    {
        await GetAsync();

        var another = await (await _app.MemberAsync()).Http.GetStringAsync($"/probe/{_id}");

        Assert.Equal("2", another);
    }

    [Fact]
    public async Task Keeps_copies_for_each_query_apart_and_none_for_one_that_is_endless()
    {
        async Task<string> AskAsync(string query) => await _http.GetStringAsync($"/probe/{_id}?{query}");
        var endless = new string('q', 600);

        Assert.Equal(
            ["1", "2", "1", "3", "4"],
            [await AskAsync("a"), await AskAsync("b"), await AskAsync("a"), await AskAsync(endless), await AskAsync(endless)]);
    }

    [Fact]
    public async Task Keeps_no_refusal()
    {
        _app.Answer = _ =>
            Task.FromResult(Interlocked.Increment(ref _runs) == 1 ? PlatformErrors.Forbidden.ToProblem() : Results.Text("there it is"));
        using var refused = await _http.GetAsync($"/probe/{_id}");

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("there it is", await GetAsync());
    }

    [Fact]
    public async Task Keeps_that_there_is_nothing_until_the_stream_begins()
    {
        _app.Answer = _ =>
            Task.FromResult(Interlocked.Increment(ref _runs) == 1 ? PlatformErrors.NotFound.ToProblem() : Results.Text("there it is"));
        using var first = await _http.GetAsync($"/probe/{_id}");
        using var again = await _http.GetAsync($"/probe/{_id}");

        await _app.CommitAsync(_id);

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (first.StatusCode, again.StatusCode));
        Assert.Equal("application/problem+json", again.Content.Headers.ContentType?.MediaType);
        Assert.Equal("not-found", (await again.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
        Assert.Equal("there it is", await GetAsync());
    }

    [Fact]
    public async Task Asks_the_endpoint_once_for_many_who_ask_at_the_same_time()
    {
        var gate = new TaskCompletionSource();
        _app.Answer = async _ =>
        {
            await gate.Task;
            return Results.Text($"{Interlocked.Increment(ref _runs)}");
        };
        var many = Enumerable.Range(0, 100).Select(_ => GetAsync()).ToList();
        await Task.WhenAny(Task.WhenAll(many), Task.Delay(TimeSpan.FromMilliseconds(300)));
        gate.SetResult();

        Assert.All(await Task.WhenAll(many), answer => Assert.Equal("1", answer));
    }

    [Fact]
    public async Task Asks_again_for_those_who_waited_for_one_that_failed()
    {
        var (entered, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        _app.Answer = async _ =>
        {
            var run = Interlocked.Increment(ref _runs);
            entered.TrySetResult();
            await gate.Task;
            return run == 1 ? throw new InvalidOperationException("once") : Results.Text($"{run}");
        };
        var first = _http.GetAsync($"/probe/{_id}");
        await entered.Task.WaitAsync(_limit);
        var others = Enumerable.Range(0, 20).Select(_ => GetAsync()).ToList();
        await Task.WhenAny(Task.WhenAll(others), Task.Delay(TimeSpan.FromMilliseconds(300)));
        gate.SetResult();

        using var failed = await first;
        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        Assert.All(await Task.WhenAll(others), answer => Assert.Equal("2", answer));
    }

    [Fact]
    public async Task Answers_with_a_copy_past_its_time_while_the_source_is_unavailable_and_says_so()
    {
        await GetAsync();
        await MakeStaleAsync();
        _app.Answer = _ => throw new StoreUnavailableException("It is unavailable.", isFull: false, cause: null);

        using var stale = await _http.GetAsync($"/probe/{_id}");

        Assert.Equal((HttpStatusCode.OK, "1"), (stale.StatusCode, await stale.Content.ReadAsStringAsync()));
        Assert.StartsWith("monolith; hit; ttl=-", Assert.Single(stale.Headers.GetValues("Cache-Status")), StringComparison.Ordinal);

        _app.Answer = _ => Task.FromResult(Results.Text("back"));
        Assert.Equal("back", await GetAsync());
    }

    [Fact]
    public async Task Gives_no_copy_past_its_time_to_who_has_seen_a_later_commit()
    {
        await GetAsync();
        await MakeStaleAsync();
        _app.Answer = _ => throw new StoreUnavailableException("It is unavailable.", isFull: false, cause: null);
        var token = await _app.CommitAsync(Id.New(TimeProvider.System, new Bucket(3)));

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/probe/{_id}");
        request.Headers.TryAddWithoutValidation("Monolith-Token", token);
        using var refused = await _http.SendAsync(request);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
    }

    // Five minutes are over: what is kept says until when it is fresh.
    private async Task MakeStaleAsync()
    {
        var cache = _app.Services.GetRequiredService<ICache>();
        var key = $"http:GET /probe/{_id} for ";

        // The client has its answer before the copy is kept.
        var entry = await Eventually.FindAsync(() => cache.GetAsync(key, default).AsTask(), "the copy is kept");
        await cache.SetAsync(
            key, entry with { Value = [.. new byte[sizeof(long)], .. entry.Value.AsSpan(sizeof(long))] }, TimeSpan.FromMinutes(1), default);
    }

    private async Task<string> GetAsync(string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/probe/{_id}");
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Monolith-Token", token);
        }

        using var response = await _http.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }
}
