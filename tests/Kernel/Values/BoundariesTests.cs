using System.Globalization;
using System.Security.Claims;
using System.Text.Json;

namespace Monolith.Kernel.Tests.Values;

/// <summary>Values at the ends of their ranges, and those that were never given.</summary>
public sealed class BoundariesTests
{
    [Theory]
    [InlineData("a@b", true)]
    [InlineData("first.last+tag@example.org", true)]
    [InlineData("ü@bücher.example", true)]
    [InlineData("", false)]
    [InlineData("@", false)]
    [InlineData("@example.org", false)]
    [InlineData("a@", false)]
    [InlineData("a", false)]
    [InlineData("a@b@c", false)]
    [InlineData("a b@c", false)]
    [InlineData("a@b\r\nBcc: c@d", false)]
    [InlineData("a@b,c@d", false)]
    [InlineData("<a@b>", false)]
    [InlineData("\"a\"@b", false)]
    [InlineData("a@[127.0.0.1]", false)]
    [InlineData("a@b\u00a0", false)]
    [InlineData("a\ud83d\ude00@b", false)]
    public void An_address_is_one_that_can_stand_in_a_header(string text, bool isAddress) => Assert.Equal(isAddress, Mail.IsAddress(text));

    [Theory]
    [InlineData(252, true)]
    [InlineData(253, false)]
    public void An_address_has_254_characters_at_most(int before, bool isAddress) =>
        Assert.Equal(isAddress, Mail.IsAddress($"{new string('a', before)}@b"));

    [Theory]
    [InlineData("a", true)]
    [InlineData("photo-0190_A.z", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("a,b", false)]
    [InlineData("ä", false)]
    [InlineData("a\n", false)]
    public void A_surrogate_key_holds_nothing_that_an_edge_takes_for_a_separator(string key, bool isKey) =>
        Assert.Equal(isKey, Record.Exception(() => SurrogateKey.Check(key)) is null);

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void A_surrogate_key_has_100_characters_at_most(int length, bool isKey) =>
        Assert.Equal(isKey, Record.Exception(() => SurrogateKey.Check(new string('k', length))) is null);

    [Fact]
    public void A_result_that_was_never_given_is_neither_a_value_nor_a_refusal() =>
        Assert.Throws<InvalidOperationException>(() => default(Result<string>).TryGet(out _, out _));

    [Fact]
    public void A_stream_that_was_never_named_equals_only_itself()
    {
        Assert.Equal(default, default(StreamId));
        Assert.Equal(0, default(StreamId).GetHashCode());
        Assert.NotEqual(default, Thing.Stream("a"));
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(1 << 30)]
    [InlineData(int.MinValue)]
    public void No_place_has_a_code_outside_of_the_range(int code)
    {
        Assert.False(Bucket.TryFromCode(code, out var bucket));
        Assert.True(bucket.IsHere);
        Assert.Throws<ArgumentOutOfRangeException>(() => Bucket.FromCode(code));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(4096, 0)]
    [InlineData(0, -1)]
    [InlineData(0, 1 << 18)]
    public void No_place_has_a_number_outside_of_its_range(int number, int kin) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Bucket(number, kin));

    [Theory]
    [InlineData("2026-07-01", true)]
    [InlineData("2026-7-1", false)]
    [InlineData("2026-02-30", false)]
    [InlineData("all", false)]
    public void A_day_is_found_among_other_views_by_its_key(string key, bool isDay) =>
        Assert.Equal(isDay ? 1 : 0, DayKeys.EntriesOf(key).Count);

    [Fact]
    public void Days_of_several_shards_are_put_together_latest_first()
    {
        var views = new[] { ("2026-07-01", 1), ("2026-07-03", 10), ("2026-07-01", 2), ("2026-07-02", 5) };

        var merged = DayKeys.Merge(views, 2, (day, all) => string.Create(CultureInfo.InvariantCulture, $"{day:MM-dd} {all.Sum()}"));

        Assert.Equal(["07-03 10", "07-02 5"], merged);
        Assert.Equal(["07-03 10", "07-02 5", "07-01 3"], DayKeys.Merge(
            views, 9, (day, all) => string.Create(CultureInfo.InvariantCulture, $"{day:MM-dd} {all.Sum()}")));
    }

    [Fact]
    public void An_event_lies_on_the_day_of_its_time_in_utc()
    {
        var at = new DateTimeOffset(2026, 7, 2, 1, 30, 0, TimeSpan.FromHours(2));

        Assert.Equal(
            "2026-07-01", DayKeys.Of(new StoredEvent(Guid.Empty, Thing.Stream("a"), 1, 1, "things.happened.v1", default, at, default)));
    }

    [Theory]
    [InlineData("0198c0de-0000-7000-8000-000000000001", true)]
    [InlineData("0198C0DE-0000-7000-8000-000000000001", true)]
    [InlineData("0198c0de000070008000000000000001", false)]
    [InlineData("{0198c0de-0000-7000-8000-000000000001}", false)]
    [InlineData(" 0198c0de-0000-7000-8000-000000000001", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_caller_is_known_by_an_id_or_not_at_all(string? claim, bool isKnown)
    {
        var caller = new ClaimsPrincipal(
            new ClaimsIdentity(claim is null ? [] : [new Claim(Caller.User, claim), new Claim(Caller.Session, claim)]));

        Assert.Equal(isKnown, caller.FindUserId<ThingId>() is not null);
        Assert.Equal(isKnown, Record.Exception(() => caller.UserId<ThingId>()) is null);
    }

    [Theory]
    [InlineData("\"0198c0de-0000-7000-8000-000000000001\"", true)]
    [InlineData("\"none\"", false)]
    [InlineData("null", false)]
    [InlineData("\"\"", false)]
    public void An_id_in_json_is_read_exactly_or_refused(string json, bool isId)
    {
        var options = new JsonSerializerOptions { Converters = { new IdJsonConverter<ThingId>() } };

        Assert.Equal(isId, Record.Exception(() => JsonSerializer.Deserialize<ThingId>(json, options)) is not JsonException);
    }
}
