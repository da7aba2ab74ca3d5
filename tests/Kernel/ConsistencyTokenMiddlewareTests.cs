using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests;

public sealed class ConsistencyTokenMiddlewareTests : IAsyncDisposable
{
    private readonly FakeClock _clock = new();
    private readonly TestNode _node;

    public ConsistencyTokenMiddlewareTests() => _node = new TestNode([new MemoryStore(_clock), new MemoryStore(_clock)], _clock);

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Answers_a_write_with_what_it_wrote_first_and_with_what_was_known_before()
    {
        var (_, token) = await SendAsync("POST", ["1:7,0:1,x1,e3"], async services => await CommitAsync(services, bucket: 0, "a", 3));

        Assert.Equal("0:3,1:7,e3", token);
    }

    [Fact]
    public async Task Keeps_the_higher_one_of_what_was_written_and_what_was_known()
    {
        var (_, token) = await SendAsync("POST", ["0:9"], async services =>
        {
            await CommitAsync(services, bucket: 1, "b", 1);
            await CommitAsync(services, bucket: 0, "a", 2);
            await CommitAsync(services, bucket: 1, "c", 1);
        });

        Assert.Equal("1:2,0:9", token);
    }

    [Fact]
    public async Task Says_nothing_on_an_answer_that_wrote_nothing()
    {
        var (status, token) = await SendAsync("GET", ["0:0"], _ => Task.CompletedTask);

        Assert.Equal((200, null), (status, token));
    }

    [Fact]
    public async Task Takes_a_header_that_comes_several_times_as_one_list()
    {
        var (status, _) = await SendAsync("GET", ["0:0", "1:1"], _ => Task.CompletedTask, passing: true);

        Assert.Equal(503, status);
    }

    [Theory]
    [InlineData("GET", "0:0,0:0", 400)]
    [InlineData("POST", "0:0,0:0", 400)]
    [InlineData("GET", "", 400)]
    [InlineData("GET", "9:1", 503)]
    [InlineData("HEAD", "9:1", 503)]
    [InlineData("GET", "0.2:0", 503)]
    [InlineData("GET", "0:0,e2", 503)]
    [InlineData("GET", "later-1:2", 200)]
    [InlineData("POST", "9:1,e2", 200)]
    public async Task Refuses_what_it_cannot_read_and_reads_that_would_be_older(string method, string token, int expected)
    {
        var isReached = false;

        var (status, _) = await SendAsync(method, [token], _ => Task.FromResult(isReached = true));

        Assert.Equal((expected, expected == 200), (status, isReached));
    }

    [Fact]
    public async Task Lets_a_read_see_a_log_that_comes_while_it_waits()
    {
        var isReached = false;
        var reading = SendAsync("GET", ["1:1"], _ => Task.FromResult(isReached = true));
        Assert.False(isReached);

        await _node.HappenAsync(Thing.Stream("b", bucket: 1), "1");

        Assert.Equal(200, (await reading.WaitAsync(TimeSpan.FromSeconds(30))).Status);
        Assert.True(isReached);
    }

    [Fact]
    public async Task An_answer_that_is_given_again_says_what_it_said_and_what_is_known_by_now()
    {
        var answer = new KeyedAnswer(201, new Dictionary<string, string> { [MonolithHeaders.Token] = "1:5,0:3" }, []);
        var http = new DefaultHttpContext();

        await answer.ReplayAsync(
            http.Response, new ConsistencyToken([new LogPosition(0, 8), new LogPosition(4, 1), new LogPosition(1, 2)], epoch: 2));

        Assert.Equal("1:5,0:8,4:1,e2", http.Response.Headers[MonolithHeaders.Token]);
    }

    private static async Task CommitAsync(IServiceProvider services, int bucket, string key, int events)
    {
        var work = services.GetRequiredService<UnitOfWork>();
        var thing = await work.LoadAsync<Thing>(Thing.Stream(key, bucket), default);
        thing.Append([.. Enumerable.Range(0, events).Select(i => new Thing.Happened($"{i}"))]);
        await work.CommitAsync(default);
    }

    // The answer as a server sends it; time passes where it is asked for.
    private async Task<(int Status, string? Token)> SendAsync(
        string method, string[] token, Func<IServiceProvider, Task> next, bool passing = false)
    {
        await using var services = _node.Scope();
        var response = new Started();
        var http = new DefaultHttpContext { RequestServices = services.ServiceProvider };
        http.Features.Set<IHttpResponseFeature>(response);
        http.Request.Method = method;
        http.Request.Headers[MonolithHeaders.Token] = token;
        var scope = services.ServiceProvider.GetRequiredService<CommitScope>();
        var answering = new ConsistencyTokenMiddleware(_ => next(services.ServiceProvider))
            .InvokeAsync(http, scope, services.ServiceProvider.GetRequiredService<TokenWait>());
        if (passing)
        {
            _clock.Advance(TokenWait.Longest);
        }

        await answering;
        await response.StartAsync();
        return (http.Response.StatusCode, http.Response.Headers[MonolithHeaders.Token]);
    }

    private sealed class Started : HttpResponseFeature
    {
        private readonly List<(Func<object, Task> Callback, object State)> _starting = [];

        public override void OnStarting(Func<object, Task> callback, object state) => _starting.Add((callback, state));

        public async Task StartAsync()
        {
            foreach (var (callback, state) in _starting)
            {
                await callback(state);
            }
        }
    }
}
