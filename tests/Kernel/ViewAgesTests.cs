namespace Monolith.Kernel.Tests;

public sealed class ViewAgesTests : ProjectionDeck
{
    [Fact]
    public async Task Tell_since_when_a_view_lacks_an_event_though_no_node_folds_it()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("a"), "1");
        await RunToEndAsync(node);
        Assert.Equal(TimeSpan.Zero, await AgeAsync(node));

        await node.HappenAsync(Thing.Stream("a"), "2");
        Clock.Advance(TimeSpan.FromMinutes(5));
        await node.HappenAsync(Thing.Stream("a"), "3");
        Assert.Equal(TimeSpan.FromMinutes(5), await AgeAsync(node));

        await RunToEndAsync(node);
        Assert.Equal(TimeSpan.Zero, await AgeAsync(node));
    }

    [Fact]
    public async Task Are_those_of_the_last_measurement_while_the_store_is_unavailable()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("a"), "1");
        Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(TimeSpan.FromMinutes(5), await AgeAsync(node));

        BeforeStore = _ => throw new StoreUnavailableException("It is unavailable.", isFull: false, cause: null);

        Assert.Equal(TimeSpan.FromMinutes(5), await AgeAsync(node));
    }

    private static async Task<TimeSpan> AgeAsync(TestNode node)
    {
        var ages = node.Get<ViewAges>();
        await ages.MeasureAsync(default);
        return ages.All.Single(a => a.Projection == ChronicleProjection.ViewName).Age;
    }
}
