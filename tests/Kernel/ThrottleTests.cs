using System.Net;
using Monolith.Kernel.Http;

namespace Monolith.Kernel.Tests;

public sealed class ThrottleTests
{
    private readonly FakeClock _clock = new();
    private readonly Throttle _throttle;

    public ThrottleTests() => _throttle = new Throttle(free: 3, _clock);

    [Fact]
    public void Lets_the_first_failures_pass()
    {
        Fail(3);

        Assert.Equal(TimeSpan.Zero, Wait());
    }

    [Fact]
    public void Doubles_the_wait_with_each_failure_after_that()
    {
        Fail(3);

        var waits = Enumerable.Range(0, 5).Select(_ =>
        {
            Fail(1);
            return Wait().TotalSeconds;
        });

        Assert.Equal([1, 2, 4, 8, 16], waits);
    }

    [Fact]
    public void Waits_a_quarter_of_an_hour_at_most_however_many_failures_there_were()
    {
        Fail(2_000);

        Assert.Equal(TimeSpan.FromMinutes(15), Wait());
    }

    [Fact]
    public void Lets_go_on_when_the_wait_is_over()
    {
        Fail(4);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.False(_throttle.IsBlocked("key", out _));
    }

    [Fact]
    public void Says_when_to_come_back()
    {
        Fail(5);

        Assert.True(_throttle.IsBlocked("key", out var refusal));
        Assert.Equal(("rate-limited", TimeSpan.FromSeconds(2)), (refusal.Code, refusal.RetryAfter));
    }

    [Fact]
    public void Forgets_at_a_success()
    {
        Fail(10);
        _throttle.Succeeded("key");
        Fail(3);

        Assert.Equal(TimeSpan.Zero, Wait());
    }

    [Fact]
    public void Forgets_after_an_hour_without_a_failure()
    {
        Fail(10);
        _clock.Advance(TimeSpan.FromMinutes(61));
        Fail(3);

        Assert.Equal(TimeSpan.Zero, Wait());
    }

    [Fact]
    public void Counts_each_key_apart()
    {
        Fail(10);

        Assert.False(_throttle.IsBlocked("another", out _));
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.0/24")]
    [InlineData("::ffff:203.0.113.200", "203.0.113.0/24")]
    [InlineData("2001:db8:1:2::3", "2001:db8:1::/48")]
    [InlineData("::1", "::/48")]
    public void Takes_a_network_for_one_key(string address, string network) => Assert.Equal(network, Throttle.NetworkOf(IPAddress.Parse(address)));

    [Fact]
    public void Takes_a_caller_without_an_address_for_one_key() => Assert.Equal("", Throttle.NetworkOf(null));

    private void Fail(int times)
    {
        for (var i = 0; i < times; i++)
        {
            _throttle.Failed("key");
        }
    }

    private TimeSpan Wait() => _throttle.IsBlocked("key", out var refusal) ? refusal.RetryAfter ?? TimeSpan.Zero : TimeSpan.Zero;
}
