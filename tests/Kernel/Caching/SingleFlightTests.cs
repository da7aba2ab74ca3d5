namespace Monolith.Kernel.Tests.Caching;

/// <summary>Of many who want one copy, one makes it; what a commit has overtaken is joined by no one.</summary>
public sealed class SingleFlightTests
{
    private readonly SingleFlight _flights = new();

    [Fact]
    public void The_first_leads_and_the_others_join()
    {
        var flight = _flights.Join(Copy("a"), out var leads);

        Assert.True(leads);
        Assert.Same(flight, _flights.Join(Copy("a"), out leads));
        Assert.False(leads);
        Assert.NotSame(flight, _flights.Join(Copy("a", key: "another"), out leads));
        Assert.True(leads);
    }

    [Fact]
    public async Task A_landing_gives_the_copy_to_those_who_wait_and_the_next_leads_again()
    {
        var (copy, kept) = (Copy("a"), new Kept([1], new LogPosition(0, 5), default));
        var flight = _flights.Join(copy, out _);
        var waiting = _flights.Join(copy, out _).Landed;

        _flights.Land(copy, flight, kept);

        Assert.Same(kept, await waiting);
        _flights.Join(copy, out var leads);
        Assert.True(leads);
    }

    [Fact]
    public void A_reader_who_knows_more_than_a_flight_shows_leads_another()
    {
        var old = _flights.Join(Copy("a", begun: 5), out _);

        var newer = _flights.Join(Copy("a", begun: 9, demanded: 8), out var leads);

        Assert.True(leads);
        Assert.NotSame(old, newer);
        Assert.Same(newer, _flights.Join(Copy("a", demanded: 8), out leads));
        Assert.False(leads);
    }

    [Theory]
    [InlineData("thing-a", 6, true)]
    [InlineData("thing-a", 5, true)] // The log was there when it was begun, and the copy that it found was evicted after that.
    [InlineData("thing-b", 6, false)]
    public async Task A_commit_closes_the_flights_of_its_stream(string stream, long position, bool isClosed)
    {
        var first = _flights.Join(Copy("thing-a", begun: 5), out _);

        await _flights.EvictAsync(stream, new LogPosition(0, position), default);

        _flights.Join(Copy("thing-a"), out var leads);
        Assert.Equal(isClosed, leads);
        Assert.False(first.Landed.IsCompleted); // Those who joined before still get what they asked for.
    }

    [Fact]
    public async Task A_flight_that_was_closed_lands_without_ending_the_one_that_replaced_it()
    {
        var copy = Copy("a", begun: 5);
        var closed = _flights.Join(copy, out _);
        await _flights.EvictAsync("a", new LogPosition(0, 6), default);
        var open = _flights.Join(copy, out _);

        _flights.Land(copy, closed, null);

        Assert.Null(await closed.Landed);
        Assert.Same(open, _flights.Join(copy, out var leads));
        Assert.False(leads);
    }

    private static CachedResponse Copy(string stream, long begun = 5, long demanded = 0, string key = "key") =>
        new(key, stream, new LogPosition(0, begun), new LogPosition(0, demanded));
}
