using System.Buffers.Text;
using Monolith.Sessions;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Sessions;

[Trait("host", "none")]
public sealed class SessionTokensTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(Bucket.Count - 1)]
    public void Tell_where_their_session_lies(int bucket)
    {
        Assert.True(SessionTokens.IsToken(SessionTokens.New(new Bucket(bucket)), out var home));
        Assert.Equal(new Bucket(bucket), home);
    }

    [Fact]
    public void Are_never_the_same_and_are_looked_up_by_a_hash_of_their_kind()
    {
        var (one, two) = (SessionTokens.New(new Bucket(7)), SessionTokens.New(new Bucket(7)));

        Assert.Distinct([one, two, SessionTokens.HashOfBearer(one), SessionTokens.HashOfCookie(one), SessionTokens.HashOfBearer(two)]);
        Assert.Equal(SessionTokens.HashOfBearer(one), SessionTokens.HashOfBearer(one));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] // a letter too few
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] // and one too many
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+")] // of the other alphabet
    [InlineData("////////////////////////////////////////////////")]
    [InlineData("_____________________________________________ü__")]
    public void Are_nothing_else(string text) => Assert.False(SessionTokens.IsToken(text, out _));

    [Theory]
    [InlineData(-1)] // what is local to a shard is no place of a user
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void Name_a_place_that_can_be(int code)
    {
        var token = new byte[36];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(token, code);

        Assert.False(SessionTokens.IsToken(Base64Url.EncodeToString(token), out _));
    }
}

/// <summary>The history of a session and the days of a user, without a host.</summary>
[Trait("host", "none")]
public sealed class SessionHistoryTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly UserId _user = Id.New<UserId>(TimeProvider.System, new Bucket(7));

    [Fact]
    public void Ends_once_and_not_before_it_began()
    {
        var started = Session.Initial.Apply(Session.Start(_user, _now));
        var ended = started.End("logged-out", _now);

        Assert.Equal(new Session.Ended("logged-out", _now), ended);
        Assert.Null(started.Apply(ended!).End("logged-out", _now));
        Assert.Null(Session.Initial.End("logged-out", _now));
        Assert.Equal(_user, started.UserId);
        Assert.Throws<UnknownEventException>(() => started.Apply("something else"));
    }

    [Theory]
    [InlineData(null, "2026-01-02", true)]
    [InlineData("2026-01-01", "2026-01-02", true)]
    [InlineData("2026-01-02", "2026-01-02", false)]
    [InlineData("2026-01-03", "2026-01-02", false)] // the clock of another node is ahead
    public void Counts_a_day_of_a_user_once(string? latest, string day, bool isCounted)
    {
        var before = latest is null ? (DateOnly?)null : Day(latest);
        var days = ActiveDays.Initial with { Latest = before };

        var active = days.Note(_user, Day(day));

        Assert.Equal(isCounted ? new ActiveDays.UserActive(_user, Day(day), before) : null, active);
    }

    [Theory]
    [InlineData("2026-01-02T23:59:59+00:00", "2026-01-02")]
    [InlineData("2026-01-02T23:59:59-01:00", "2026-01-03")]
    [InlineData("2026-01-02T00:30:00+01:00", "2026-01-01")]
    public void Counts_days_in_UTC(string moment, string day) =>
        Assert.Equal(Day(day), ActiveDays.DayOf(DateTimeOffset.Parse(moment, System.Globalization.CultureInfo.InvariantCulture)));

    private static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
