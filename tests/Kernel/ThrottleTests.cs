using System.Net;

namespace Monolith.Kernel.Tests;

public sealed class ThrottleTests
{
    [Theory]
    [InlineData("203.0.113.7", "203.0.113.0/24")]
    [InlineData("::ffff:203.0.113.200", "203.0.113.0/24")]
    [InlineData("2001:db8:1:2::3", "2001:db8:1::/48")]
    [InlineData("::1", "::/48")]
    public void Takes_a_network_for_one_key(string address, string network) =>
        Assert.Equal(network, Throttle.NetworkOf(IPAddress.Parse(address)));

    [Fact]
    public void Takes_a_caller_without_an_address_for_one_key() => Assert.Equal("", Throttle.NetworkOf(null));
}
