using CsCheck;

namespace Monolith.Kernel.Tests;

public sealed class ConsistencyTokenTests
{
    private const int Rounds = 10_000;

    // At least one part, few shards so that they meet, and the ends of every range.
    private static readonly Gen<ConsistencyToken> _tokens = Gen.Select(
        Gen.Select(
            Gen.OneOf(0, 1, 2, 3, LogNumber.Shards - 1), Gen.OneOf(1, 1, 1, 2, LogNumber.LastTerm),
            Gen.Frequency((3, Gen.Long[1, 99]), (1, Gen.Const(long.MaxValue))),
            (shard, term, value) => new LogPosition(LogNumber.Of(shard, term), value)).Array[1, 5],
        Gen.Frequency((1, Gen.Const(1L)), (1, Gen.Long[1, long.MaxValue])),
        (positions, epoch) => new ConsistencyToken(positions, epoch));

    [Fact]
    public void Demands_a_position_of_each_shard_it_names()
    {
        var token = Parse("0:12, 3:7");

        Assert.Equal((12, 7, 0), (token.PositionIn(0), token.PositionIn(3), token.PositionIn(1)));
        Assert.Equal(1, token.Epoch);
    }

    [Fact]
    public void Names_the_term_of_a_log_and_the_epoch_of_the_map_where_they_say_something()
    {
        var token = Parse("3.2:1234,3:9,e17");

        Assert.Equal((1234, 9, 17), (token.PositionIn(LogNumber.Of(3, 2)), token.PositionIn(3), token.Epoch));
        Assert.Equal("3.2:1234,3:9,e17", token.ToString());
        Assert.Equal("3:9", Parse("3.1:9,e1").ToString());
    }

    [Theory]
    [InlineData("z")]
    [InlineData("region-eu:0:1.2")]
    [InlineData("E17")]
    [InlineData("e")]
    [InlineData("e-1")]
    [InlineData("e99999999999999999999")]
    public void Skips_a_part_that_a_later_version_may_write(string part)
    {
        Assert.Equal("0:12", Parse($"{part},0:12").ToString());
        Assert.Equal("", Parse(part).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage,")]
    [InlineData("0")]
    [InlineData("0:")]
    [InlineData(":1")]
    [InlineData("0:-1")]
    [InlineData("-1:1")]
    [InlineData("0:1:2")]
    [InlineData("0:1,")]
    [InlineData("0:1,,1:1")]
    [InlineData("0:1,0:2")]
    [InlineData("0:1,0.1:2")]
    [InlineData("0: 1")]
    [InlineData("0 :1")]
    [InlineData("0.:1")]
    [InlineData(".1:1")]
    [InlineData("0.0:1")]
    [InlineData("0.1.1:1")]
    [InlineData("0.32769:1")]
    [InlineData("65536:1")]
    [InlineData("0:99999999999999999999")]
    [InlineData("99999999999:1")]
    [InlineData("~:1")]
    [InlineData("é:1")]
    public void Is_refused_when_it_is_not_one_of_ours(string text) => Assert.False(ConsistencyToken.TryParse(text, out _));

    [Fact]
    public void Has_64_parts_at_most()
    {
        var parts = Enumerable.Range(0, 65).Select(i => i % 2 == 0 ? $"{i}:1" : $"x{i}").ToList();

        Assert.True(ConsistencyToken.TryParse(string.Join(',', parts.Take(64)), out _));
        Assert.False(ConsistencyToken.TryParse(string.Join(',', parts), out _));
    }

    [Fact]
    public void Writes_what_stands_first_and_the_epoch_where_there_is_more_than_it_has_room_for()
    {
        var written = new ConsistencyToken([new LogPosition(99, 1), new LogPosition(70, 2)], epoch: 5);
        var demanded = new ConsistencyToken(Enumerable.Range(0, 64).Select(i => new LogPosition(i, 3)));

        var parts = written.Join(demanded).ToString().Split(',');

        Assert.Equal(["99:1", "70:2", .. Enumerable.Range(0, 61).Select(i => $"{i}:3"), "e5"], parts);
    }

    [Fact]
    public void Reads_what_it_wrote() => _tokens.Sample(
        token =>
        {
            var again = Parse(token.ToString());

            Assert.Equal(token.Positions, again.Positions);
            Assert.Equal(token.Epoch, again.Epoch);
        },
        iter: Rounds);

    [Fact]
    public void Reads_the_same_from_its_parts_in_any_order_and_between_parts_it_does_not_know()
    {
        var written =
            from token in _tokens
            from parts in Gen.Shuffle((string[])[.. token.ToString().Split(','), "x1:2", "next"])
            from separator in Gen.OneOf(",", " , ")
            select (token, text: string.Join(separator, parts));

        written.Sample(
            (token, text) =>
            {
                var again = Parse(text);

                Assert.Equal(token.Positions.ToHashSet(), [.. again.Positions]);
                Assert.Equal(token.Epoch, again.Epoch);
            },
            iter: Rounds);
    }

    [Fact]
    public void Joins_to_the_highest_of_each_log_with_its_own_order_first() => Gen.Select(_tokens, _tokens).Sample(
        (a, b) =>
        {
            var joined = a.Join(b);

            foreach (var log in a.Positions.Concat(b.Positions).Select(p => p.Shard))
            {
                Assert.Equal(Math.Max(a.PositionIn(log), b.PositionIn(log)), joined.PositionIn(log));
            }

            var order = a.Positions.Concat(b.Positions).Select(p => p.Shard).Distinct();
            Assert.Equal(order, joined.Positions.Select(p => p.Shard));
            Assert.Equal(Math.Max(a.Epoch, b.Epoch), joined.Epoch);
            Assert.Equal(joined.ToString(), joined.Join(a).Join(b).ToString()); // what is known already adds nothing
            Assert.Equal(joined.Positions.ToHashSet(), [.. b.Join(a).Positions]);
        },
        iter: Rounds);

    [Fact]
    public void Never_throws_whatever_it_is_given() => Gen.String[Gen.Char["0123456789:.,e -+xE\t~é\0"], 0, 23].Sample(
        text =>
        {
            if (ConsistencyToken.TryParse(text, out var token))
            {
                Assert.Equal(
                    token.ToString(), token.Positions.Count + (token.Epoch > 1 ? 1 : 0) == 0 ? "" : Parse(token.ToString()).ToString());
            }
        },
        iter: Rounds);

    private static ConsistencyToken Parse(string text)
    {
        Assert.True(ConsistencyToken.TryParse(text, out var token), text);
        return token;
    }
}
