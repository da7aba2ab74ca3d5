using System.Security.Claims;
using System.Text.Json.Serialization;
using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>Changes names and address. Refuses with <c>precondition-failed</c> when the user is at another version.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="Expected">The version that is meant.</param>
/// <param name="FirstName">Null leaves it.</param>
/// <param name="LastName">Null leaves it.</param>
/// <param name="HasAddress">Whether the address is changed at all.</param>
/// <param name="Address">Null removes it.</param>
[Pipelined]
internal sealed record UpdateUser(
    UserId UserId, ExpectedVersion Expected, string? FirstName, string? LastName, bool HasAddress, Address? Address)
    : IRequest<Result<OwnUser>>;

/// <summary>A merge patch (RFC 7396): what is missing stays, a null address is removed.</summary>
/// <param name="FirstName">1 to 80 characters; null leaves it.</param>
/// <param name="LastName">1 to 80 characters; null leaves it.</param>
internal sealed record UpdateUserBody(string? FirstName = null, string? LastName = null)
{
    /// <summary>Null removes it: a client that only changes a name leaves it out, and does not write null.</summary>
    // Called for what the body names only, a null too.
    public Address? Address
    {
        get;
        set => (field, HasAddress) = (value, true);
    }

    [JsonIgnore]
    public bool HasAddress { get; private set; }
}

internal sealed class UpdateUserValidator : AbstractValidator<UpdateUser>
{
    public UpdateUserValidator()
    {
        RuleFor(r => r.FirstName!).ValidName().When(r => r.FirstName is not null);
        RuleFor(r => r.LastName!).ValidName().When(r => r.LastName is not null);
        RuleFor(r => r.Address!).SetValidator(new AddressValidator()).When(r => r.Address is not null);
    }
}

internal sealed class UpdateUserHandler(UnitOfWork work, TimeProvider clock) : IRequestHandler<UpdateUser, Result<OwnUser>>
{
    public async Task<Result<OwnUser>> Handle(UpdateUser request, CancellationToken cancellationToken)
    {
        var user = await work.LoadAsync<User>(User.StreamOf(request.UserId), cancellationToken);
        if (!user.State.Exists)
        {
            return UsersErrors.NoUser(user.State);
        }

        if (!request.Expected.Allows(user.Version))
        {
            return PlatformErrors.PreconditionFailed;
        }

        var state = user.State;
        if (state.ChangeDetails(
            request.FirstName ?? state.FirstName, request.LastName ?? state.LastName,
            request.HasAddress ? request.Address : state.Address, clock.GetUtcNow()) is { } changed)
        {
            user.Append(changed);
            await work.CommitAsync(cancellationToken);
        }

        return GetOwnUserHandler.Show(request.UserId, user);
    }
}

internal static class UpdateUserEndpoint
{
    public static void MapUpdateUser(this IEndpointRouteBuilder routes) => routes
        .MapPatch(
            "/me",
            async (
                UpdateUserBody body, ClaimsPrincipal caller, HttpRequest http, IMediator mediator, CancellationToken cancellationToken) =>
            !http.Expected().TryGet(out var expected, out var refusal)
                ? refusal.ToProblem()
                : (await mediator.Send(
                    new UpdateUser(caller.UserId<UserId>(), expected, body.FirstName, body.LastName, body.HasAddress, body.Address),
                    cancellationToken))
                    .ToHttp(user => ETags.Ok(http, user, user.Version)))
        .WithName(nameof(UpdateUser))
        .WithSummary("Change the caller's names and address")
        .Produces<OwnUser>()
        .ShowsVersion()
        .TakesVersion(isRequired: true)
        .Refuses(PlatformErrors.NotFound, PlatformErrors.Erased, PlatformErrors.PreconditionFailed, PlatformErrors.PreconditionRequired);
}
