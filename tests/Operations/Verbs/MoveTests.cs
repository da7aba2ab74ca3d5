namespace Monolith.Operations.Tests.Verbs;

/// <summary>What a move refuses before it begins. Each in lines that name it, and nothing was made.</summary>
public sealed class MoveTests : IDisposable
{
    private readonly Place _place = Place.Empty();

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("nonsense", 78, "move: is not an adapter URL; it begins with a scheme and a colon")]
    [InlineData("sqllite:x.db", 78, "move: unknown scheme \"sqllite\"; did you mean \"sqlite\"?")]
    [InlineData("redis://cache", 78, "move: unknown scheme \"redis\"; known: ")] // an adapter, but of another port
    [InlineData("sqlite:", 78, "move: names no path")]
    [InlineData("postgres://db", 78, "move: names no user")]
    [InlineData("sqlite:new.db b", 78, "move: there is no shard \"b\"; there are main")]
    [InlineData("file:", 78, "move: names no path")]
    [InlineData("file:there?size=1", 78, "move: unknown key \"size\"")]
    [InlineData("s3://", 78, "move: names no bucket")]
    [InlineData("file:there main", 64, "Blobs have no shards: ./run move <url>")]
    public async Task Says_what_is_wrong_with_the_target(string operands, int code, string fault)
    {
        var run = await _place.RunAsync(["move", .. operands.Split(' '), "--urls=http://127.0.0.1:0"]);

        Assert.Equal(code, run.Code);
        Assert.Contains(fault, run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_place.PathOf("")));
    }

    [Fact]
    public async Task Says_that_the_blobs_are_there_already() =>
        (await _place.RunAsync("move", $"file:{_place.PathOf("blobs")}")).FailsWith(
            78, "move: names the place where the blobs are already");

    [Fact]
    public async Task Asks_which_shard_is_meant()
    {
        var run = await Printed.RunAsync(
            "move", "sqlite:new.db", $"Adapters:Store:a=sqlite:{_place.PathOf("a.db")}",
            $"Adapters:Store:b=sqlite:{_place.PathOf("b.db")}");

        run.FailsWith(78, "move: which shard? There are a, b");
    }
}
