using Microsoft.AspNetCore.Authorization;
using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>Tells whether a user is an administrator, asked each time: a revoked right is gone at once.</summary>
internal sealed class IsAdminHandler(UnitOfWork work) : IRequestHandler<IsAdmin, bool>
{
    public async Task<bool> Handle(IsAdmin request, CancellationToken cancellationToken) =>
        (await work.LoadAsync<User>(User.StreamOf(request.UserId), cancellationToken)).State.IsAdmin;
}

/// <summary>Lets administrators through, for endpoints of any module that ask for <see cref="Caller.AdminPolicy"/>.</summary>
internal sealed class AdminRequirement : IAuthorizationRequirement;

internal sealed class AdminAuthorization(IServiceScopeFactory scopes) : AuthorizationHandler<AdminRequirement>
{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, AdminRequirement requirement)
    {
        await using var scope = scopes.CreateAsyncScope();
        if (context.User.FindUserId<UserId>() is { } user
            && await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new IsAdmin(user), CancellationToken.None))
        {
            context.Succeed(requirement);
        }
    }
}
