using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Monolith.Kernel.Tests.Http;

/// <summary>One endpoint with room for one request and one that waits.</summary>
public sealed class OverloadTests
{
    private readonly Endpoint _narrow = EndpointOf("/v1/narrow");
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly OverloadMiddleware _overload;
    private int _working;

    public OverloadTests() => _overload = Over(TimeSpan.FromMinutes(10));

    [Fact]
    public async Task Works_on_one_lets_one_wait_and_refuses_the_third_at_once()
    {
        var (first, second, third) = (RunAsync(_narrow), RunAsync(_narrow), RunAsync(_narrow));

        var refused = await third;
        Assert.Equal("overloaded", refused.Problem().GetProperty("code").GetString());
        Assert.Equal((503, 1), (refused.Response.StatusCode, _working));
        _release.SetResult();
        Assert.All(await Task.WhenAll(first, second), http => Assert.Equal(200, http.Response.StatusCode));
        Assert.Equal(2, _working);
    }

    [Fact]
    public async Task Leaves_another_endpoint_alone()
    {
        _ = RunAsync(_narrow);
        var other = RunAsync(EndpointOf("/v1/other"));

        Assert.Equal(2, _working);
        _release.SetResult();
        Assert.Equal(200, (await other).Response.StatusCode);
    }

    [Fact]
    public async Task Gives_the_place_of_a_request_that_failed_to_the_next()
    {
        var failing = RunAsync(_narrow);
        var next = RunAsync(_narrow);
        _release.SetException(new InvalidOperationException("in the endpoint"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        await Assert.ThrowsAsync<InvalidOperationException>(() => next);
        Assert.Equal(2, _working);
    }

    [Fact]
    public async Task Refuses_a_request_that_waited_for_as_long_as_one_may()
    {
        var impatient = Over(TimeSpan.FromMilliseconds(1));
        var first = RunAsync(_narrow, impatient);

        var second = await RunAsync(_narrow, impatient);

        Assert.Equal("overloaded", second.Problem().GetProperty("code").GetString());
        _release.SetResult();
        Assert.Equal(200, (await first).Response.StatusCode);
    }

    [Fact]
    public async Task Forgets_a_waiting_request_whose_client_left()
    {
        using var leaving = new CancellationTokenSource();
        var first = RunAsync(_narrow);
        var second = RunAsync(_narrow, aborted: leaving.Token);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        var third = RunAsync(_narrow);
        Assert.False(third.IsCompleted); // It has the place in the queue that became free.
        _release.SetResult();
        Assert.All(await Task.WhenAll(first, third), http => Assert.Equal(200, http.Response.StatusCode));
    }

    [Fact]
    public async Task Lets_through_what_must_be_answered_under_load_and_what_matches_no_endpoint()
    {
        var health = new Endpoint(null, new EndpointMetadataCollection(new DisableRateLimitingAttribute()), "health");
        var all = Enumerable.Range(0, 5).SelectMany(_ => new[] { RunAsync(health), RunAsync(null) }).ToList();

        Assert.Equal(10, _working);
        _release.SetResult();
        await Task.WhenAll(all);
    }

    [Fact]
    public void Names_an_endpoint_by_method_and_address()
    {
        var post = new RouteEndpoint(
            _ => Task.CompletedTask, RoutePatternFactory.Parse(
                "v1/media/{id}/"), 0, new EndpointMetadataCollection(new HttpMethodMetadata(["GET", "POST"])), null);

        Assert.Equal("GET,POST /v1/media/{id}", Workload.NameOf(post));
        Assert.Equal("/shown", Workload.NameOf(new Endpoint(null, null, "shown")));
        Assert.Equal("/", Workload.NameOf(new Endpoint(null, null, null)));
    }

    private static RouteEndpoint EndpointOf(string path) => new(_ => Task.CompletedTask, RoutePatternFactory.Parse(path), 0, null, path);

    private OverloadMiddleware Over(TimeSpan queue)
    {
        var limits = new RequestLimits { Queue = queue, Endpoints = new Dictionary<string, EndpointCap> { [Workload.Default] = new(
            1, 1) } };
        return new OverloadMiddleware(
            _ =>
            {
                _working++;
                return _release.Task;
            },
            limits);
    }

    private async Task<AnsweringContext> RunAsync(
        Endpoint? endpoint, OverloadMiddleware? overload = null, CancellationToken aborted = default)
    {
        var http = new AnsweringContext();
        http.Context.SetEndpoint(endpoint);
        http.Context.RequestAborted = aborted;
        await (overload ?? _overload).InvokeAsync(http.Context);
        return http;
    }
}
