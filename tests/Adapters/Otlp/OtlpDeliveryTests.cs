using Microsoft.AspNetCore.Http;

namespace Monolith.Adapters.Tests.Otlp;

/// <summary>What becomes of lines of the log on their way to a real server.</summary>
public sealed class OtlpDeliveryTests : IAsyncLifetime
{
    private readonly string _token = Path.GetTempFileName();
    private OtlpReceiver _collector = null!; // Set before each test.

    private string Url => $"otlp://127.0.0.1:{_collector.Port}/prefix?traces=0&interval=50ms&timeout=1s";

    public async ValueTask InitializeAsync() => _collector = await OtlpReceiver.StartAsync();

    public ValueTask DisposeAsync()
    {
        File.Delete(_token);
        return _collector.DisposeAsync();
    }

    [Fact]
    public async Task Sends_what_is_left_when_it_ends_below_the_path_that_was_given()
    {
        await using var otlp = await StartedOtlp.StartAsync(Url.Replace("50ms", "1m", StringComparison.Ordinal));
        otlp.Log("the last words");

        await otlp.StopAsync();

        Assert.Equal("/prefix/v1/logs", Assert.Single(_collector.Exports).Path);
        Assert.Equal(0, otlp.Dropped("logs"));
    }

    [Fact]
    public async Task Shows_the_token_that_the_file_holds_at_that_moment()
    {
        await File.WriteAllTextAsync(_token, "first\n", TestContext.Current.CancellationToken);
        await using var otlp = await StartedOtlp.StartAsync($"{Url}&token-file={_token}");
        otlp.Log("a line");
        await Eventually.IsSoAsync(() => _collector.Exports.Count == 1, () => "an export");

        await File.WriteAllTextAsync(_token, "second\n", TestContext.Current.CancellationToken);
        otlp.Log("another line");
        await Eventually.IsSoAsync(() => _collector.Exports.Count == 2, () => "another export");

        Assert.Equal(["Bearer first", "Bearer second"], _collector.Exports.Select(e => e.Authorization));
    }

    [Fact]
    public async Task Counts_what_was_refused_says_why_and_takes_it_back()
    {
        _collector.Instead = context =>
        {
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        };
        await using var otlp = await StartedOtlp.StartAsync(Url);
        otlp.Log("a line");
        await Eventually.IsSoAsync(() => otlp.Dropped("logs") == 1, () => "a dropped line");
        Assert.Equal($"the collector http://127.0.0.1:{_collector.Port}/prefix/ does not take telemetry: it answers 401", otlp.Fault);

        _collector.Instead = null;
        otlp.Log("another line");
        await Eventually.IsSoAsync(() => otlp.Fault is null, () => "it is well again");

        Assert.Equal(1, otlp.Dropped("logs"));
    }

    [Fact]
    public async Task Drops_and_counts_what_finds_the_queue_full()
    {
        var asked = new TaskCompletionSource();
        _collector.Instead = context =>
        {
            asked.TrySetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await using var otlp = await StartedOtlp.StartAsync(Url.Replace("timeout=1s", "timeout=1m&queue=3", StringComparison.Ordinal));
        otlp.Log("a line that fills the request");
        await asked.Task;

        for (var line = 0; line < 10; line++)
        {
            otlp.Log("a line");
        }

        Assert.Equal(8, otlp.Dropped("logs")); // One is under way and two wait.
        _collector.Instead = null;
        await _collector.DisposeAsync();
    }
}
