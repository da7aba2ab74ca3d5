using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>What every member may see of a user.</summary>
internal sealed record Profile(UserId Id, string FirstName, string LastName, DateTimeOffset MemberSince);

internal sealed class ProfileProjection : Projection<Profile>
{
    public const string ViewKind = "users.profile.v1";

    public override string Kind => ViewKind;

    public override string Category => User.Category;

    public override Profile? Apply(Profile? view, object @event) => @event switch
    {
        User.Registered e => new Profile(e.UserId, e.FirstName, e.LastName, e.At),
        // registered before, or there would be nothing to change
        User.DetailsChanged e => view! with { FirstName = e.FirstName, LastName = e.LastName },
        User.Erased => null,
        _ => view,
    };
}
