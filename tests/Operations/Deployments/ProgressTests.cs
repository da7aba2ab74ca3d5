using Monolith.Operations.Deployments;

namespace Monolith.Operations.Tests.Deployments;

public sealed class ProgressTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly StringWriter _to = new();

    public void Dispose() => _to.Dispose();

    [Fact]
    public void Says_nothing_of_what_is_done_soon()
    {
        using (var progress = Begin())
        {
            progress.Report(1, 100);
            _clock.Advance(TimeSpan.FromSeconds(4.9));
            progress.Report(99, 100);
        }

        Assert.Equal("", _to.ToString());
    }

    [Theory]
    [InlineData(1000, 4000, "1,000 of 4,000 events, 200/s, 00:00:15 left\n")]
    [InlineData(4000, 4000, "4,000 of 4,000 events, 800/s\n")]
    [InlineData(1000, 0, "1,000 events, 200/s\n")] // how many there are is unknown
    [InlineData(0, 4000, "0 of 4,000 events, 0/s\n")] // nor is anything known of the rest
    [InlineData(1, 100_000, "1 of 100,000 events, 0/s, 138:53:15 left\n")]
    public void Says_how_far_it_is_and_how_long_the_rest_will_take(long done, long all, string line)
    {
        using var progress = Begin();
        _clock.Advance(TimeSpan.FromSeconds(5));

        progress.Report(done, all);

        Assert.Equal(line, _to.ToString().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Says_a_line_every_five_seconds_where_lines_are_kept()
    {
        using var progress = Begin();
        for (var tick = 1; tick <= 24; tick++)
        {
            _clock.Advance(TimeSpan.FromSeconds(0.5));
            progress.Report(tick);
        }

        Assert.Equal(2, _to.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void Changes_one_line_of_a_terminal_and_clears_it()
    {
        using (var progress = Begin(isTerminal: true))
        {
            for (var tick = 1; tick <= 4; tick++)
            {
                _clock.Advance(TimeSpan.FromSeconds(0.1));
                progress.Report(tick);
            }

            progress.Dispose(); // as a verb does before it prints something else
        }

        Assert.Equal("\r2 events, 10/s\u001b[K\r4 events, 10/s\u001b[K\r\u001b[K", _to.ToString());
    }

    [Fact]
    public void Clears_no_line_that_it_did_not_write()
    {
        Begin(isTerminal: true).Dispose();

        Assert.Equal("", _to.ToString());
    }

    [Fact]
    public void Knows_how_long_it_took()
    {
        using var progress = Begin();
        _clock.Advance(TimeSpan.FromSeconds(7));

        Assert.Equal(TimeSpan.FromSeconds(7), progress.Elapsed);
    }

    private Progress Begin(bool isTerminal = false) => new("events", _to, isTerminal, _clock);
}
