using System.Collections.Concurrent;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Monolith.Host;
using Monolith.Users;

namespace Monolith.Support;

/// <summary>
/// The real host on a real socket, with the adapters of a topology and a directory of its own; or the deployment that all tests share,
/// where the topology is one. Tests that reach into their host, or want it otherwise, cannot run there: they carry the trait
/// <c>host=own</c>,
/// and those that need no host at all <c>host=none</c>.
/// </summary>
public class App : IAsyncLifetime
{
    private static Lazy<Task<ApiContract>>? _contract;

    private readonly Lazy<Task<Member>> _member;
    private readonly string _directory = System.IO.Directory.CreateTempSubdirectory("monolith-").FullName;
    private readonly ConcurrentQueue<string> _faults = new();
    private WebApplication? _host;
    private ISharedDeployment? _shared;

    /// <summary>Starts nothing yet.</summary>
    public App() => _member = new(() => Member.JoinAsync(this));

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

    /// <summary>Replaces what the host registered.</summary>
    protected virtual void Adjust(IServiceCollection services)
    {
    }

    /// <summary>
    /// A client that follows no redirects and keeps no cookies. It fails where an answer is not as the description of the API says.
    /// </summary>
    /// <param name="node">One of <see cref="Nodes"/>; null for the public address.</param>
    public HttpClient CreateClient(Uri? node = null) =>
        new(new JudgedAnswers(ContractAsync, ExtraModules.Count == 0, _faults)) { BaseAddress = node ?? Address };

    /// <summary>A member for tests that need one and do not care who it is: joining costs two hashes of a password.</summary>
    public Task<Member> MemberAsync() => _member.Value;

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
        Assert.Empty(_faults);
    }

    // One for all hosts of a run: what the product describes depends on nothing that tests change.
    private Task<ApiContract> ContractAsync() =>
        LazyInitializer.EnsureInitialized(ref _contract, () => new Lazy<Task<ApiContract>>(ReadContractAsync)).Value;

    private async Task<ApiContract> ReadContractAsync()
    {
        if (_host is null)
        {
            using var http = new HttpClient { BaseAddress = Address };
            return ApiContract.Read(await http.GetStringAsync("/openapi/v1.json"));
        }

        var document = await Services.GetRequiredKeyedService<IOpenApiDocumentProvider>("v1").GetOpenApiDocumentAsync();
        return ApiContract.Read(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1));
    }

    private static InvalidOperationException NeedsAHost() => new("This test needs a host of its own: give it [Trait(\"host\", \"own\")].");
}
