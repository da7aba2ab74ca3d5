using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monolith.Adapters.Embedded;
using Monolith.Jobs;
using Monolith.Kernel.Adapters;
using Monolith.Kernel.Events;
using Monolith.Kernel.Http;
using Monolith.Kernel.Messaging;
using Monolith.Sessions;
using Monolith.Users;

namespace Monolith.Modules.Tests.Jobs;

/// <summary>A host with the trials in it, on data that may outlive it.</summary>
internal sealed class JobsApp : IAsyncDisposable
{
    private static readonly IReadOnlyList<IModule> Modules = [new UsersModule(), new SessionsModule(), new JobsModule()];

    private readonly WebApplication _app;

    private JobsApp(WebApplication app) => _app = app;

    public IServiceProvider Services => _app.Services;

    public HttpClient CreateClient() => _app.GetTestClient();

    public static async Task<JobsApp> StartAsync(string directory, TrialScript script, string roles = "web,worker")
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Roles"] = roles,
            ["Jobs:Concurrency"] = "4",
            ["Adapters:Store"] = $"sqlite:{directory}/store.db",
            ["Adapters:Blobs"] = $"file:{directory}/blobs",
            ["Adapters:Mail"] = $"file:{directory}/mail",
        });
        var faults = new Faults();
        builder.WebHost.UseTestServer();
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddRouting();
        builder.Services.AddModules(Modules, builder.Configuration, faults).AddTrials(script);
        builder.Services.AddAdapters(builder.Configuration, [new SqliteAdapter(), new MemoryAdapter(), new FileAdapter(), new StoreAdapter(), new NoneAdapter()], faults);
        builder.Services.AddPlatformHttp();
        faults.ThrowIfAny();
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
        return new JobsApp(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
