using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Kernel.Adapters;
using Monolith.Kernel.Events;
using Monolith.Kernel.Http;
using Monolith.Kernel.Messaging;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Values;
using Monolith.Modules.Tests.Jobs;

namespace Monolith.Modules.Tests.Platform;

/// <summary>What <c>POST /v1/probe</c> does around its commit.</summary>
internal sealed class Probe
{
    private int _decisions;
    private int _effects;

    public int Decisions => _decisions;

    public int Effects => _effects;

    /// <summary>False refuses the request.</summary>
    public Func<Task<bool>> BeforeCommit { get; set; } = () => Task.FromResult(true);

    /// <summary>Makes the answer; is told which effect this was, from 1.</summary>
    public Func<int, CancellationToken, Task<string>> AfterCommit { get; set; } = (effect, _) => Task.FromResult($"effect {effect}");

    public async Task<IResult> RunAsync(ConflictRetry retry, CancellationToken cancellationToken)
    {
        if (!await BeforeCommit())
        {
            return PlatformErrors.PreconditionFailed.ToProblem();
        }

        await retry.CommitAsync(
            work =>
            {
                Interlocked.Increment(ref _decisions);
                var id = Id.New(TimeProvider.System, new Bucket(9));
                work.Write(new DocumentWrite("probe.note.v1", id.ToString(), new Bucket(9), "{}"u8.ToArray(), 1));
                return Task.FromResult(id);
            },
            cancellationToken);
        return Results.Ok(await AfterCommit(Interlocked.Increment(ref _effects), cancellationToken));
    }
}

[JsonSerializable(typeof(string))]
internal sealed partial class ProbeJson : JsonSerializerContext;

/// <summary>A module with one endpoint that does what a test says.</summary>
internal sealed class RecoveryModule(Probe probe) : IModule
{
    public string Name => "probe";

    public JsonSerializerContext Json => ProbeJson.Default;

    public void Register(IServiceCollection services, IConfigurationSection configuration, Faults faults)
    {
        services.Remove(services.Last(s => s.ImplementationInstance is ModuleTypes types && types.Module == Name));
        services.AddSingleton(new ModuleTypes(Name, new Only(), Json));
    }

    public void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/probe", (ConflictRetry retry, CancellationToken cancellationToken) => probe.RunAsync(retry, cancellationToken))
        .RequireAuthorization();
}

/// <summary>A host with the probe in it, on data that outlives it.</summary>
internal sealed class RecoveryApp(string directory, Probe probe) : App
{
    protected override IReadOnlyList<IModule> ExtraModules => [new RecoveryModule(probe)];

    protected override IEnumerable<string> Settings =>
        [$"--Adapters:Store=sqlite:{directory}/store.db", $"--Adapters:Blobs=file:{directory}/blobs", "--Logging:LogLevel:Monolith.Kernel.Http=None"];

    public static async Task<RecoveryApp> StartAsync(string directory, Probe probe)
    {
        var app = new RecoveryApp(directory, probe);
        await ((IAsyncLifetime)app).InitializeAsync();
        return app;
    }
}
