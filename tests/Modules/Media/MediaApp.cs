using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monolith.Adapters.Embedded;
using Monolith.Jobs;
using Monolith.Kernel.Adapters;
using Monolith.Kernel.Events;
using Monolith.Kernel.Http;
using Monolith.Kernel.Messaging;
using Monolith.Kernel.Ports;
using Monolith.Media;
using Monolith.Sessions;
using Monolith.Users;

namespace Monolith.Modules.Tests.Media;

/// <summary>A host on a real port, since limits of bodies are the server's business; on data that may outlive it.</summary>
internal sealed class MediaApp : IAsyncDisposable
{
    private static readonly IReadOnlyList<IModule> Modules = [new UsersModule(), new SessionsModule(), new JobsModule(), new MediaModule()];

    private readonly WebApplication _app;
    private readonly HttpClientHandler _handler = new() { UseCookies = false };

    private MediaApp(WebApplication app) => _app = app;

    public IServiceProvider Services => _app.Services;

    public IBlobStore Blobs => Services.GetRequiredService<IBlobStore>();

    public HttpClient CreateClient() => new(_handler, disposeHandler: false) { BaseAddress = new Uri(_app.Urls.Single()) };

    /// <param name="directory">Where its data lies.</param>
    /// <param name="settings">Besides the adapters.</param>
    /// <param name="blobs">Stands before the blob store, to meddle with the moment at which something happens.</param>
    public static async Task<MediaApp> StartAsync(
        string directory, IReadOnlyDictionary<string, string?>? settings = null, Func<IBlobStore, IBlobStore>? blobs = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Jobs:Concurrency"] = "4",
            ["Adapters:Store"] = $"sqlite:{directory}/store.db",
            ["Adapters:Blobs"] = $"file:{directory}/blobs",
            ["Adapters:Mail"] = $"file:{directory}/mail",
        }).AddInMemoryCollection(settings ?? new Dictionary<string, string?>());
        var faults = new Faults();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddRouting();
        builder.Services.AddModules(Modules, builder.Configuration, faults);
        builder.Services.AddAdapters(builder.Configuration, [new SqliteAdapter(), new MemoryAdapter(), new FileAdapter(), new StoreAdapter(), new NoneAdapter()], faults);
        builder.Services.AddPlatformHttp();
        faults.ThrowIfAny();
        Wrap(builder.Services, blobs);
        var app = builder.Build();
        app.UsePlatformGuards();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UsePlatformHttp();
        foreach (var module in Modules)
        {
            module.Map(app);
        }

        await app.Services.GetRequiredService<Shards>().OpenAsync(CancellationToken.None);
        await app.Services.GetRequiredService<Secrets>().OpenAsync(CancellationToken.None);
        await app.StartAsync();
        return new MediaApp(app);
    }

    public async ValueTask DisposeAsync()
    {
        _handler.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static void Wrap(IServiceCollection services, Func<IBlobStore, IBlobStore>? blobs)
    {
        if (blobs is null)
        {
            return;
        }

        var inner = services.Single(s => s.ServiceType == typeof(IBlobStore));
        services.AddSingleton(provider => blobs((IBlobStore)(inner.ImplementationInstance
            ?? inner.ImplementationFactory?.Invoke(provider)
            ?? ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!))));
    }
}

/// <summary>One host for the tests of a class.</summary>
public sealed class MediaFixture : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("monolith-").FullName;

    internal MediaApp App { get; private set; } = null!;

    public async ValueTask InitializeAsync() => App = await MediaApp.StartAsync(_directory);

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}

/// <summary>Lets a test act at the moment at which a blob is about to be put.</summary>
internal sealed class MeddlingBlobs(IBlobStore inner, Func<string, Task> beforePut) : IBlobStore
{
    public async ValueTask<long> PutAsync(string key, Stream content, CancellationToken cancellationToken)
    {
        await beforePut(key);
        return await inner.PutAsync(key, content, cancellationToken);
    }

    public ValueTask<Stream?> OpenAsync(string key, CancellationToken cancellationToken) => inner.OpenAsync(key, cancellationToken);

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);

    public IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);
}
