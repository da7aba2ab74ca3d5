using Monolith.Users;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Users;

/// <summary>What an account becomes by its events, without a host.</summary>
[Trait("host", "none")]
public sealed class UserTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly Address _address = new("1 Main St", "Springfield", "IL", "62701");

    private static readonly UserId _id = Id.New<UserId>(TimeProvider.System, new Bucket(7));

    private static readonly User.Registered _registered =
        User.Register(_id, new RegisterUser(" Ada@Example.org ", "not stored", "Ada", "Lovelace", _address), "hash", _now);

    [Fact]
    public void Is_registered_with_the_address_as_it_was_typed_and_never_the_password()
    {
        var user = Given();

        Assert.Equal(
            (true, "Ada@Example.org", "Ada", "Lovelace", _address, "hash", _now, false),
            (user.Exists, user.Email, user.FirstName, user.LastName, user.Address, user.PasswordHash, user.MemberSince, user.IsAdmin));
        Assert.DoesNotContain("not stored", $"{_registered}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Ada", "Lovelace", "62701", false)]
    [InlineData("Grace", "Lovelace", "62701", true)]
    [InlineData("Ada", "Hopper", "62701", true)]
    [InlineData("Ada", "Lovelace", "62702", true)]
    [InlineData("Ada", "Lovelace", null, true)]
    [InlineData("ada", "Lovelace", "62701", true)] // a name is written as its bearer writes it
    public void Changes_when_something_differs(string first, string last, string? postalCode, bool isChange)
    {
        var address = postalCode is null ? null : _address with { PostalCode = postalCode };

        var changed = Given().ChangeDetails(first, last, address, _now);

        Assert.Equal(isChange, changed is not null);
        if (changed is not null)
        {
            var user = Given(changed);
            Assert.Equal((first, last, address, "hash"), (user.FirstName, user.LastName, user.Address, user.PasswordHash));
        }
    }

    [Fact]
    public void Becomes_an_administrator_once()
    {
        var made = Given().MakeAdmin(_now);

        Assert.True(Given(made!).IsAdmin);
        Assert.Null(Given(made!).MakeAdmin(_now));
    }

    [Fact]
    public void Has_a_new_password_and_all_else_as_before()
    {
        var user = Given(User.ReplacePassword("another hash", null, _now));

        Assert.Equal(Given() with { PasswordHash = "another hash" }, user);
    }

    [Fact]
    public void Has_a_renewed_hash_unless_its_password_was_replaced_in_between()
    {
        var renewed = Given().RenewPasswordHash("hash", "renewed", _now);

        Assert.Equal(Given() with { PasswordHash = "renewed" }, Given(renewed!));
        Assert.Null(Given(User.ReplacePassword("another hash", null, _now)).RenewPasswordHash("hash", "renewed", _now));
    }

    [Fact]
    public void Keeps_nothing_when_it_is_erased_but_when()
    {
        var user = Given(Given().MakeAdmin(_now)!, User.Erase(_now.AddDays(1)));

        Assert.Equal(User.Initial with { ErasedAt = _now.AddDays(1) }, user);
        Assert.Empty(User.Entries(User.StreamOf(_id), user));
    }

    [Fact]
    public void Knows_no_event_of_another_aggregate() =>
        Assert.Throws<UnknownEventException>(() => Given().Apply("something else"));

    [Fact]
    public void Shows_every_member_a_name_until_it_is_erased()
    {
        var projection = new ProfileProjection();
        var profile = projection.Apply(null, _registered);

        Assert.Equal(new Profile(_id, "Ada", "Lovelace", _now), profile);
        Assert.Equal(profile, projection.Apply(profile, User.ReplacePassword("another hash", null, _now)));
        Assert.Equal("Grace", projection.Apply(profile, Given().ChangeDetails("Grace", "Hopper", null, _now)!)!.FirstName);
        Assert.Null(projection.Apply(profile, User.Erase(_now)));
    }

    private static User Given(params object[] events) => events.Aggregate(User.Initial.Apply(_registered), (user, e) => user.Apply(e));
}
