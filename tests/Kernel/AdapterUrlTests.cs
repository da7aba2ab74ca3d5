namespace Monolith.Kernel.Tests;

public sealed class AdapterUrlTests
{
    private readonly Faults _faults = new();

    [Theory]
    [InlineData("store:", "store", "", "", "", "")]
    [InlineData("memory:?size=64MB", "memory", "", "", "", "")]
    [InlineData("sqlite:data/store.db", "sqlite", "", "", "", "data/store.db")]
    [InlineData("file:/var/data", "file", "", "", "", "/var/data")]
    [InlineData("file:///var/data", "file", "", "", "", "/var/data")]
    [InlineData("redis://cache:6379", "redis", "cache:6379", "", "", "")]
    [InlineData("postgres://app:s%40cret@db1,db2:5433/monolith", "postgres", "db1,db2:5433", "app", "s@cret", "monolith")]
    [InlineData("s3://bucket/a%20b?endpoint=http://x", "s3", "bucket", "", "", "a b")]
    public void Is_taken_apart(string text, string scheme, string authority, string user, string password, string path)
    {
        var url = Parse(text);

        Assert.Equal((scheme, authority, user, password, path), (url.Scheme, url.Authority, url.User, url.Password, url.Path));
        Assert.Empty(_faults.Lines);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData(":memory")]
    [InlineData("")]
    public void Needs_a_scheme(string text)
    {
        Assert.Null(AdapterUrl.Parse("Adapters:Cache", text, _faults));

        Assert.StartsWith("Adapters:Cache: is not an adapter URL", Assert.Single(_faults.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Hides_its_password_and_whatever_sounds_secret_when_printed() => Assert.Equal(
        "s3://app@host/bucket?region=eu&secretKey=…&accessKey=…&apiToken=…",
        Parse("s3://app:pa55@host/bucket?region=eu&secretKey=pa55&accessKey=pa55&apiToken=pa55").ToString());

    [Fact]
    public void Reads_numbers_sizes_durations_and_words()
    {
        var url = Parse("x:?n=7&size=64MB&bytes=10&wait=500ms&long=2h&mode=lfu&name=a%26b");

        Assert.Equal(7, url.Number("n", 1, 0, 9));
        Assert.Equal((64L << 20, 10), (url.Bytes("size", 0), url.Bytes("bytes", 0)));
        Assert.Equal(
            (TimeSpan.FromMilliseconds(500), TimeSpan.FromHours(2)), (url.Duration("wait", default), url.Duration("long", default)));
        Assert.Equal("lfu", url.OneOf("mode", "lru", "lru", "lfu"));
        Assert.Equal("a&b", url.Text("name", ""));
        Assert.Empty(_faults.Lines);
    }

    [Fact]
    public void Answers_the_default_for_what_is_not_given()
    {
        var url = Parse("x:");

        Assert.Equal(
            (3, 4L, TimeSpan.FromSeconds(5)),
            (url.Number("n", 3, 0, 9), url.Bytes("size", 4), url.Duration("wait", TimeSpan.FromSeconds(5))));
        Assert.Equal("lru", url.OneOf("mode", "lru", "lru", "lfu"));
        Assert.Empty(_faults.Lines);
    }

    [Theory]
    [InlineData("x:?v=0MB")]
    [InlineData("x:?v=MB")]
    [InlineData("x:?v=1TB")]
    [InlineData("x:?v=9999999999999999999")]
    [InlineData("x:?v=99999999999999GB")]
    public void Makes_a_fault_of_a_size_that_cannot_be_right(string text) => Finds("must be a size", Parse(text).Bytes("v", 1) == 1);

    [Theory]
    [InlineData("x:?v=5")]
    [InlineData("x:?v=0s")]
    [InlineData("x:?v=5d")]
    [InlineData("x:?v=-5s")]
    public void Makes_a_fault_of_a_duration_that_cannot_be_right(string text) =>
        Finds("must be a duration", Parse(text).Duration("v", TimeSpan.FromSeconds(1)) == TimeSpan.FromSeconds(1));

    [Theory]
    [InlineData("x:?v=10")]
    [InlineData("x:?v=-1")]
    [InlineData("x:?v=one")]
    [InlineData("x:?v")]
    public void Makes_a_fault_of_a_number_that_cannot_be_right(string text) => Finds("from 0 to 9", Parse(text).Number("v", 1, 0, 9) == 1);

    [Fact]
    public void Makes_a_fault_of_a_word_that_is_not_one_of_those() =>
        Finds("must be one of lru, lfu", Parse("x:?v=fifo").OneOf("v", "lru", "lru", "lfu") == "lru");

    [Fact]
    public void Makes_a_fault_of_a_key_that_is_given_twice() => Finds("gives \"v\" twice", Parse("x:?v=1&v=2").Text("v", "") == "1");

    [Fact]
    public void Makes_a_fault_of_a_path_that_is_missing() => Finds("names no path", Parse("file:").RequiredPath("file:data").Length == 0);

    // Null is a fault, which each test looks for.
    private AdapterUrl Parse(string text) => AdapterUrl.Parse("Adapters:Cache", text, _faults)!;

    private void Finds(string fault, bool answersTheDefault)
    {
        Assert.Contains(fault, Assert.Single(_faults.Lines), StringComparison.Ordinal);
        Assert.True(answersTheDefault);
    }
}
