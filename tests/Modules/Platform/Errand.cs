using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Monolith.Modules.Tests.Platform;

/// <summary>What <c>POST /v1/errand</c> does around its commit.</summary>
internal sealed class Errand
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
                work.Write(new DocumentWrite("errand.note.v1", id.ToString(), new Bucket(9), "{}"u8.ToArray(), 1));
                return Task.FromResult(id);
            },
            cancellationToken);
        return Results.Ok(await AfterCommit(Interlocked.Increment(ref _effects), cancellationToken));
    }
}

[JsonSerializable(typeof(string))]
internal sealed partial class ErrandJson : JsonSerializerContext;

/// <summary>A module with one endpoint that does what a test says.</summary>
internal sealed class ErrandModule(Errand errand) : TestModule("errand", ErrandJson.Default)
{
    public override void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/errand", (ConflictRetry retry, CancellationToken cancellationToken) => errand.RunAsync(retry, cancellationToken))
        .RequireAuthorization();
}

/// <summary>A host with the errand in it, on data that outlives it.</summary>
internal sealed class ErrandApp(string directory, Errand errand) : App
{
    protected override IReadOnlyList<IModule> ExtraModules => [new ErrandModule(errand)];

    protected override string Data => directory;

    protected override IEnumerable<string> Settings => ["--Logging:LogLevel:Monolith.Kernel.Http=None"];

    public static async Task<ErrandApp> StartAsync(string directory, Errand errand)
    {
        var app = new ErrandApp(directory, errand);
        await ((IAsyncLifetime)app).InitializeAsync();
        return app;
    }
}
