using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Host;
using Monolith.Users;

namespace Monolith.Modules.Tests;

/// <summary>
/// The real host on a real socket, with the adapters of a topology and a directory of its own; or the deployment that all tests share, where
/// the topology is one. Tests that reach into their host, or want it otherwise, cannot run there: they carry the trait <c>host=own</c>,
/// and those that need no host at all <c>host=none</c>.
/// </summary>
public class App : IAsyncLifetime
{
    private readonly Lazy<Task<Member>> _somebody;
    private readonly string _directory = System.IO.Directory.CreateTempSubdirectory("monolith-").FullName;
    private WebApplication? _host;
    private ISharedDeployment? _shared;

    /// <summary>Starts nothing yet.</summary>
    public App() => _somebody = new(() => Member.JoinAsync(this));

    /// <summary>Where its data lies; gone afterwards.</summary>
    public string Directory => _shared?.Directory ?? _directory;

    /// <summary>Where it keeps what it has; a test that starts it again gives a directory that outlives it.</summary>
    protected virtual string Data => Directory;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Where each process of it listens.</summary>
    public IReadOnlyList<Uri> Nodes => _shared?.Nodes ?? [Address];

    /// <summary>What runs inside, for what cannot be seen from the outside.</summary>
    public IServiceProvider Services => _host?.Services ?? throw NeedsAHost();

    /// <summary>Further modules that a test needs, and further settings.</summary>
    protected virtual IReadOnlyList<IModule> ExtraModules => [];

    /// <inheritdoc cref="ExtraModules" />
    protected virtual IEnumerable<string> Settings => [];

    /// <summary>Changes what runs inside.</summary>
    protected virtual void Adjust(IServiceCollection services)
    {
    }

    /// <summary>A client that follows no redirects and keeps no cookies.</summary>
    public HttpClient CreateClient() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address };

    /// <summary>A member for tests that need one and do not care who it is: joining costs two hashes of a password.</summary>
    public Task<Member> SomebodyAsync() => _somebody.Value;

    /// <summary>What the link for the first administrator holds; null when there is one.</summary>
    public async Task<string?> InviteAsync()
    {
        if (_shared is not null)
        {
            return _shared.Invitation;
        }

        await using var scope = Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new InviteFirstAdmin());
    }

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        _shared = await Topology.DeploymentAsync();
        if (_shared is not null)
        {
            Address = GetType() == typeof(App) ? _shared.Address : throw NeedsAHost();
            return;
        }

        string[] args =
        [
            "--urls=http://127.0.0.1:0",
            .. await Topology.SettingsAsync(Data),
            $"--Adapters:Blobs=file:{Data}/blobs",
            $"--Adapters:Mail=file:{Directory}/mail",
            "--Logging:LogLevel:Default=Warning",
            .. Settings,
        ];
        _host = Application.Build(args, [.. Catalog.Modules, .. ExtraModules], (services, _) =>
        {
            Topology.Spare(services);
            Adjust(services);
        });
        await Application.OpenAsync(_host);
        await _host.StartAsync();
        Address = new Uri(_host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync();
            await _host.DisposeAsync();
        }

        System.IO.Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    private static InvalidOperationException NeedsAHost() => new("This test needs a host of its own: give it [Trait(\"host\", \"own\")].");
}
