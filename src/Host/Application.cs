using Monolith.Host.Operations;
using Monolith.Host.Operations.Description;
using Monolith.Operations.Backups;
using Monolith.Operations.Deployments;
using Monolith.Pages;

namespace Monolith.Host;

/// <summary>Puts the kernel, the modules and the chosen adapters together.</summary>
internal static class Application
{
    /// <summary>Reads the configuration.</summary>
    // The settings that ship with the program lie beside it; data lies where it is started.
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        // The slim one leaves out what serves no purpose here (IIS, hosting startups, static web assets) and takes time at each start.
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelHttpsConfiguration();
        return builder;
    }

    /// <param name="args">Settings that override the configuration.</param>
    /// <param name="modules">What to serve.</param>
    /// <param name="adjust">Changes what the adapters registered; for verbs.</param>
    /// <exception cref="ConfigurationException">Lists every fault of the configuration at once.</exception>
    public static WebApplication Build(string[] args, IReadOnlyList<IModule> modules, Action<IServiceCollection, Faults>? adjust = null)
    {
        var builder = CreateBuilder(args);
        var faults = new Faults();
        KnownSections.Check(builder.Configuration, modules, faults);
        ListenAddress.Check(builder.Configuration, faults);
        BackupKey.Check(builder.Configuration, faults);
        builder.AddLogging();
        builder.Services
            .AddModules(modules, builder.Configuration, faults)
            .AddAdapters(builder.Configuration, Catalog.Adapters, faults)
            .AddPlatformHttp(builder.Configuration, faults)
            .AddConsole()
            .AddApiDescription();
        builder.Services.AddReports(Catalog.Reports);
        builder.Services.AddOperations();
        adjust?.Invoke(builder.Services, faults);
        faults.ThrowIfAny();

        var app = builder.Build();
        app.UsePlatformGuards();
        app.UseConsole();
        app.UseRouting();
        app.UseOverloadGuard();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UsePlatformHttp();
        app.MapOperations();
        app.MapConsole();
        foreach (var module in app.Services.GetServices<IModule>())
        {
            module.Map(app);
        }

        foreach (var report in app.Services.GetServices<IReport>())
        {
            report.Map(app);
        }

        return app;
    }

    /// <summary>Opens the stores, loads the deployment's secret and looks at what is outside, before anything starts.</summary>
    public static async Task OpenAsync(WebApplication app)
    {
        StartLog.Write(app);
        app.WriteWhenReady();
        await OpenPortsAsync(app, app.Lifetime.ApplicationStopping);
    }

    /// <summary>Does the same, and waits for a store on a server that cannot be reached yet.</summary>
    public static async Task OpenOrWaitAsync(WebApplication app, string[] args)
    {
        StartLog.Write(app);
        app.WriteWhenReady();
        await StartupWait.UntilAsync(CreateBuilder(args), app, stopping => OpenPortsAsync(app, stopping));
    }

    private static async Task OpenPortsAsync(WebApplication app, CancellationToken cancellationToken)
    {
        await app.Services.GetRequiredService<Shards>().OpenAsync(cancellationToken);
        await app.Services.GetRequiredService<Secrets>().OpenAsync(cancellationToken);
        foreach (var outside in app.Services.GetServices<IExternalDependency>())
        {
            await outside.LookAsync(cancellationToken);
        }
    }
}
