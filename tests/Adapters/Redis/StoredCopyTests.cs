using Monolith.Adapters.Redis;

namespace Monolith.Adapters.Tests.Redis;

/// <summary>An entry as it lies in Redis, where other versions and other programs may write.</summary>
public sealed class StoredCopyTests
{
    private static readonly WrittenTags _none = WrittenTags.Of([]);

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a,b,photo-7")]
    [InlineData("ünïcode,😀")]
    public void Is_read_as_it_was_written(string tags)
    {
        string[] all = tags.Length == 0 ? [] : tags.Split(',');
        var entry = new CacheEntry([1, 2, 3], new LogPosition(7, 1L << 40), all);

        var bytes = StoredCopy.Write(entry, WrittenTags.Of(all));

        foreach (var expected in new[] { _none, WrittenTags.Of(all), WrittenTags.Of(["another"]) })
        {
            var read = StoredCopy.Read(bytes, expected)!;
            Assert.Equal(entry.Value, read.Value);
            Assert.Equal(entry.Position, read.Position);
            Assert.Equal(all, read.Tags);
        }
    }

    [Fact]
    public void Gives_the_tags_that_were_expected_without_reading_them()
    {
        var expected = WrittenTags.Of(["a", "b"]);

        var read = StoredCopy.Read(StoredCopy.Write(new CacheEntry([], new LogPosition(0, 1), ["a", "b"]), expected), expected);

        Assert.Same(expected.Tags, read!.Tags);
    }

    [Fact]
    public void Is_none_of_ours_wherever_it_was_cut_off_and_in_another_format()
    {
        var whole = StoredCopy.Write(new CacheEntry([], new LogPosition(0, 1), ["tag", "another"]), WrittenTags.Of(["tag", "another"]));

        for (var length = 0; length < whole.Length; length++)
        {
            Assert.Null(StoredCopy.Read(whole[..length], _none));
        }

        Assert.Null(StoredCopy.Read([2, .. whole[1..]], _none));
        Assert.Null(StoredCopy.Read("a text of another program"u8.ToArray(), _none));
    }

    [Theory]
    [InlineData("0:1", 0, 1L)]
    [InlineData("7:1099511627776", 7, 1L << 40)]
    [InlineData("0:-5", 0, -5L)]
    public void Stamps_tags_with_a_position(string text, int shard, long position)
    {
        var stamp = new LogPosition(shard, position);

        Assert.Equal(text, StoredCopy.WriteStamp(stamp));
        Assert.Equal(stamp, StoredCopy.ReadStamp(System.Text.Encoding.UTF8.GetBytes(text)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("1")]
    [InlineData("1:")]
    [InlineData(":1")]
    [InlineData("1:2:3")]
    [InlineData("1:2 ")]
    [InlineData("a:1")]
    [InlineData("1:99999999999999999999")]
    public void Takes_nothing_else_for_a_stamp(string text) => Assert.Null(StoredCopy.ReadStamp(System.Text.Encoding.UTF8.GetBytes(text)));
}
