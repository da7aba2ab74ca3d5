namespace Monolith.Kernel.Tests;

public sealed class ConsistencyTokenTests
{
    [Fact]
    public void Demands_a_position_of_each_shard_it_names()
    {
        Assert.True(ConsistencyToken.TryParse("0:12, 3:7", out var token));

        Assert.Equal((12, 7, 0), (token.PositionIn(0), token.PositionIn(3), token.PositionIn(1)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("0")]
    [InlineData("0:")]
    [InlineData(":1")]
    [InlineData("0:-1")]
    [InlineData("-1:1")]
    [InlineData("0:1:2")]
    [InlineData("0:1,")]
    [InlineData("0:1,0:2")]
    [InlineData("0: 1")]
    [InlineData("0:99999999999999999999")]
    public void Is_refused_when_it_is_not_one_of_ours(string text) => Assert.False(ConsistencyToken.TryParse(text, out _));
}
