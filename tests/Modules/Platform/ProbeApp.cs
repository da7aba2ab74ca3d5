using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Modules.Tests.Jobs;

namespace Monolith.Modules.Tests.Platform;

/// <summary>The host with endpoints that do what no real one does.</summary>
public class ProbeApp : App
{
    /// <summary>Answers the cached endpoint.</summary>
    internal Func<Guid, Task<IResult>> Answer { get; set; } = _ => Task.FromResult(Results.NotFound());

    protected override IReadOnlyList<IModule> ExtraModules => [new ProbeModule(this)];

    protected override void Adjust(IServiceCollection services) => services.AddStillResponseCache();

    /// <summary>Commits an event to the stream that the cached endpoint shows.</summary>
    /// <returns>The consistency token of the write.</returns>
    public async Task<string> CommitAsync(Guid id)
    {
        await using var services = Services.CreateAsyncScope();
        var stream = new StreamId(Bucket.Of(id), "probe", id.ToString());
        var version = (await Services.GetRequiredService<Shards>().Of(stream.Bucket).Store.ReadStreamAsync(stream, 0, 100, default)).Count;
        var @event = new NewEvent(Id.New(TimeProvider.System, stream.Bucket), "probe.happened.v1", "{}"u8.ToArray(), default, default);
        var scope = services.ServiceProvider.GetRequiredService<CommitScope>();
        await services.ServiceProvider.GetRequiredService<CommitPipeline>().CommitAsync(
            new Commit
            {
                Id = Id.New(TimeProvider.System, stream.Bucket), Bucket = stream.Bucket, Appends = [new Append(stream, version, [@event])],
            }, scope, default);
        return new ConsistencyToken(scope.Written).ToString();
    }

    private sealed class ProbeModule(ProbeApp app) : TestModule("probe", TrialJson.Default)
    {
        public override void Map(IEndpointRouteBuilder routes)
        {
            routes.MapGet("/probe/fault", IResult () => throw new InvalidOperationException("a secret of ours"));
            routes.MapGet("/probe/slow", (CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));
            routes.MapGet("/probe/waiting", () => app.Answer(Guid.Empty));
            routes.MapPost("/probe/body", async (HttpRequest request, CancellationToken cancellationToken) =>
                await request.Body.CopyToAsync(Stream.Null, cancellationToken)).WithRequestTimeout(TimeSpan.FromMinutes(1));
            routes.MapGet("/probe/{id:guid}", (Guid id) => app.Answer(id)).CacheUntilStreamChanges("probe");
        }
    }
}
