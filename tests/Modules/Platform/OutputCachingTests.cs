using Microsoft.AspNetCore.Http;
using Monolith.Kernel.Values;

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
    public async Task Gives_nobody_an_answer_that_was_begun_before_the_commit_that_they_saw()
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

        var another = await (await _app.SomebodyAsync()).Http.GetStringAsync($"/probe/{_id}");

        Assert.Equal("2", another);
    }

    [Fact]
    public async Task Keeps_copies_for_each_query_apart_and_none_for_one_that_is_endless()
    {
        async Task<string> AskAsync(string query) => await _http.GetStringAsync($"/probe/{_id}?{query}");
        var endless = new string('q', 600);

        Assert.Equal(["1", "2", "1", "3", "4"], [await AskAsync("a"), await AskAsync("b"), await AskAsync("a"), await AskAsync(endless), await AskAsync(endless)]);
    }

    [Fact]
    public async Task Keeps_no_refusal()
    {
        _app.Answer = _ => Task.FromResult(Interlocked.Increment(ref _runs) == 1 ? Results.NotFound() : Results.Text("there it is"));
        using var refused = await _http.GetAsync($"/probe/{_id}");

        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        Assert.Equal("there it is", await GetAsync());
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
