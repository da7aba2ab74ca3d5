using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;

namespace Monolith.Users;

/// <summary>Makes a new one-time link for the first administrator. Null while there is one.</summary>
internal sealed record InviteFirstAdmin : IRequest<string?>;

internal sealed class InviteFirstAdminHandler(UnitOfWork work, TimeProvider clock) : IRequestHandler<InviteFirstAdmin, string?>
{
    public async Task<string?> Handle(InviteFirstAdmin request, CancellationToken cancellationToken)
    {
        var invitation = await work.LoadAsync<AdminInvitation>(AdminInvitation.Stream, cancellationToken);
        var token = AdminInvitation.NewToken();
        var isHolderGone = invitation.State.AcceptedBy is { } holder
            && (await work.LoadAsync<User>(User.StreamOf(holder), cancellationToken)).State.ErasedAt is not null;
        if (invitation.State.Issue(token, isHolderGone, clock.GetUtcNow()) is not { } issued)
        {
            return null;
        }

        invitation.Append(issued);
        await work.CommitAsync(cancellationToken);
        return token;
    }
}

/// <summary>Prints the link when the server is up, at every start until it was used.</summary>
internal sealed class FirstAdminLink(IServiceScopeFactory scopes, IServer server, Roles roles) : IHostedLifecycleService
{
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (!roles.IsWeb)
        {
            return;
        }

        if (await InviteAsync(cancellationToken) is { } token)
        {
            // To the console and not through the log: logs are kept, sent away and read by others.
            var host = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "";
            Console.WriteLine($"No administrator yet. Sign up, then open this link once: {host}/admin/invitation?token={token}");
        }
    }

    private async Task<string?> InviteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new InviteFirstAdmin(), cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            // Reading goes on without: the next start prints a link.
            Console.Error.WriteLine($"There is no link for the first administrator this time: {e.Message}");
            return null;
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
