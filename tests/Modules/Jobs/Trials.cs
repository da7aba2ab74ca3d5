using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Jobs.Contracts;

namespace Monolith.Modules.Tests.Jobs;

/// <summary>What the jobs of the trials do: each test says it for a name of its own.</summary>
internal sealed class TrialScript
{
    private readonly ConcurrentDictionary<string, Func<int, CancellationToken, Task<Result<Done>>>> _scripts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _runs = new(StringComparer.Ordinal);

    /// <summary>Announcements of dead jobs, by subject.</summary>
    public ConcurrentDictionary<string, JobDied> Deaths { get; } = new(StringComparer.Ordinal);

    /// <param name="name">Of the trial.</param>
    /// <param name="script">What its handler does before its effect; it is told which run this is, from 1.</param>
    public void On(string name, Func<int, CancellationToken, Task<Result<Done>>> script) => _scripts[name] = script;

    /// <summary>How often the handler of a trial was run.</summary>
    public int RunsOf(string name) => _runs.GetValueOrDefault(name);

    public Task<Result<Done>> PlayAsync(string name, CancellationToken cancellationToken)
    {
        var run = _runs.AddOrUpdate(name, 1, (_, runs) => runs + 1);
        return _scripts.TryGetValue(name, out var script) ? script(run, cancellationToken) : Task.FromResult<Result<Done>>(default(Done));
    }
}

/// <summary>A trial as its jobs leave it: how many effects they had.</summary>
internal sealed record Trial : IAggregate<Trial>
{
    public static string Category => "trial";

    public static string Kind => "trial.trial.v1";

    public static Trial Initial { get; } = new();

    public int Effects { get; init; }

    public static StreamId StreamOf(Bucket bucket, string name) => new(bucket, Category, name);

    public Trial Apply(object @event) => this with { Effects = Effects + 1 };

    [EventType("trial.effect-had.v1")]
    internal sealed record EffectHad(string Name);
}

[JobType("trial.do.v1", MaxAttempts = 2)]
internal sealed record DoTrial(string Name, int Bucket) : IJob;

[JobType("trial.do-quickly.v1", MaxAttempts = 1, TimeoutSeconds = 1)]
internal sealed record DoTrialQuickly(string Name) : IJob;

internal sealed class DoTrialHandler(UnitOfWork work, TrialScript script) : IRequestHandler<DoTrial, Result<Done>>
{
    public async Task<Result<Done>> Handle(DoTrial request, CancellationToken cancellationToken)
    {
        if (!(await script.PlayAsync(request.Name, cancellationToken)).TryGet(out _, out var refusal))
        {
            return refusal;
        }

        var trial = await work.LoadAsync<Trial>(Trial.StreamOf(new Bucket(request.Bucket), request.Name), cancellationToken);
        trial.Append(new Trial.EffectHad(request.Name));
        await work.CommitAsync(cancellationToken);
        return default(Done);
    }
}

internal sealed class DoTrialQuicklyHandler(TrialScript script) : IRequestHandler<DoTrialQuickly, Result<Done>>
{
    public Task<Result<Done>> Handle(DoTrialQuickly request, CancellationToken cancellationToken) =>
        script.PlayAsync(request.Name, cancellationToken);
}

[Reaction("trial.note-deaths")]
internal sealed class NoteDeath(TrialScript script) : INotificationHandler<JobDied>
{
    public Task Handle(JobDied notification, CancellationToken cancellationToken)
    {
        script.Deaths[notification.Subject] = notification;
        return Task.CompletedTask;
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Trial))]
[JsonSerializable(typeof(Trial.EffectHad))]
[JsonSerializable(typeof(DoTrial))]
[JsonSerializable(typeof(DoTrialQuickly))]
internal sealed partial class TrialJson : JsonSerializerContext;

/// <summary>A module that is nothing but trials.</summary>
internal sealed class TrialModule(TrialScript script)
    : TestModule("trial", TrialJson.Default, typeof(Trial.EffectHad), typeof(DoTrial), typeof(DoTrialQuickly), typeof(NoteDeath))
{
    protected override void Add(IServiceCollection services) => services.AddSingleton(script);
}
