using System.Text;
using Monolith.Users;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Users;

[Trait("host", "none")]
public sealed class EmailClaimTests
{
    private static readonly DateTimeOffset _now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset _end = _now.AddMinutes(10);
    private static readonly UserId _ada = Id.New<UserId>(TimeProvider.System, new Bucket(1));
    private static readonly UserId _bob = Id.New<UserId>(TimeProvider.System, new Bucket(1));

    private static readonly EmailClaim _reserved = Given(new EmailClaim.Reserved(_ada, _end));

    [Fact]
    public void Keeps_an_address_for_one_user()
    {
        var reserved = Decided(EmailClaim.Initial.Reserve(_ada, _end, _now));

        Assert.Equal(new EmailClaim.Reserved(_ada, _end), reserved);
        Assert.Equal(new Reservation(_ada, _end), _reserved.Reservation);
        Assert.Null(_reserved.Holder);
    }

    [Fact]
    public void Refuses_to_others_what_is_reserved()
    {
        Assert.Equal("users.email-taken", Refused(_reserved.Take(_bob, _end.AddTicks(-1))));
        Assert.Equal("users.email-taken", Refused(_reserved.Reserve(_bob, _end.AddHours(1), _end.AddTicks(-1))));
    }

    [Fact]
    public void Lets_its_own_user_take_it_or_keep_it_longer()
    {
        Assert.Equal(new EmailClaim.Taken(_ada, _now), Decided(_reserved.Take(_ada, _now)));
        Assert.Equal(new EmailClaim.Reserved(_ada, _end.AddHours(1)), Decided(_reserved.Reserve(_ada, _end.AddHours(1), _now)));
    }

    [Fact]
    public void Ends_by_itself()
    {
        Assert.Equal(new EmailClaim.Taken(_bob, _end), Decided(_reserved.Take(_bob, _end)));
        Assert.Equal(new EmailClaim.Reserved(_bob, _end.AddHours(1)), Decided(_reserved.Reserve(_bob, _end.AddHours(1), _end)));
    }

    [Fact]
    public void Still_lets_its_own_user_take_it_after_its_end_when_no_other_did() =>
        Assert.Equal(new EmailClaim.Taken(_ada, _end.AddDays(1)), Decided(_reserved.Take(_ada, _end.AddDays(1))));

    [Fact]
    public void Is_completed_by_being_taken()
    {
        var taken = Given(new EmailClaim.Reserved(_ada, _end), new EmailClaim.Taken(_ada, _now));

        Assert.Equal((_ada, null), (taken.Holder, taken.Reservation));
        Assert.Equal("users.email-taken", Refused(taken.Reserve(_ada, _end, _now)));
        Assert.Equal("users.email-taken", Refused(taken.Take(_bob, _end.AddDays(1))));
    }

    [Fact]
    public void Releases_what_was_taken_and_not_what_is_only_reserved()
    {
        Assert.Null(_reserved.Release(_ada, _now));
        Assert.Equal(
            EmailClaim.Initial,
            Given(new EmailClaim.Reserved(_ada, _end), new EmailClaim.Taken(_ada, _now), new EmailClaim.Released(_ada, _now)));
    }

    [Fact]
    public void Is_stored_as_before_where_nothing_was_reserved()
    {
        var json = new StoredJson([new ModuleTypes("users", typeof(UsersModule).Assembly, new UsersModule().Json)]);

        Assert.Equal($$"""{"holder":"{{_ada}}"}""", Encoding.UTF8.GetString(json.Write(Given(new EmailClaim.Taken(_ada, _now)))));
    }

    private static EmailClaim Given(params ReadOnlySpan<object> events)
    {
        var claim = EmailClaim.Initial;
        foreach (var @event in events)
        {
            claim = claim.Apply(@event);
        }

        return claim;
    }

    private static T Decided<T>(Result<T> result) =>
        result.TryGet(out var decided, out var refusal) ? decided : throw new InvalidOperationException(refusal.Code);

    private static string Refused<T>(Result<T> result) =>
        result.TryGet(out _, out var refusal) ? throw new InvalidOperationException("It was not refused.") : refusal.Code;
}
