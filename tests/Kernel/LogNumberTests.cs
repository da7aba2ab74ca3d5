namespace Monolith.Kernel.Tests;

public sealed class LogNumberTests
{
    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(3, 1, 3)]
    [InlineData(0, 2, 65_536)]
    [InlineData(3, 2, 65_539)]
    [InlineData(65_535, 32_768, int.MaxValue)]
    public void Holds_a_shard_and_a_term(int shard, int term, int log)
    {
        Assert.Equal(log, LogNumber.Of(shard, term));
        Assert.Equal((shard, term), (LogNumber.ShardOf(log), LogNumber.TermOf(log)));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(65_536, 1)]
    [InlineData(0, 0)]
    [InlineData(0, 32_769)]
    public void Refuses_what_it_cannot_hold(int shard, int term) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LogNumber.Of(shard, term));

    [Fact]
    public void What_was_built_in_a_former_term_never_reaches_a_later_one()
    {
        Assert.False(new LogPosition(LogNumber.Of(3), 100).Reaches(new LogPosition(LogNumber.Of(3, 2), 1)));
        Assert.True(new LogPosition(LogNumber.Of(3, 2), 1).Reaches(new LogPosition(LogNumber.Of(3, 2), 1)));
    }
}
