namespace Monolith.Kernel.Tests;

public sealed class BackoffTests
{
    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 1)]
    [InlineData(5, 8)]
    [InlineData(6, 10)]
    [InlineData(int.MaxValue, 10)]
    public void Doubles_each_pause_up_to_the_longest(int attempt, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.Of(attempt, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(10)));

    [Fact]
    public void Begins_with_the_first_pause_again_after_a_success()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        backoff.Next();
        backoff.Next();

        backoff.Reset();

        Assert.Equal(TimeSpan.FromSeconds(1), backoff.Next());
    }
}
