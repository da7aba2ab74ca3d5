using System.Text.Json;
using System.Text.Json.Serialization;
using Monolith.Jobs.Contracts;

namespace Monolith.Jobs;

/// <summary>What is to be done later: scheduled by the modules, done by the workers.</summary>
public sealed class JobsModule : IModule
{
    /// <inheritdoc />
    public string Name => "jobs";

    /// <inheritdoc />
    public JsonSerializerContext Json => JobsJson.Default;

    /// <inheritdoc />
    public IReadOnlyList<Error> Errors => [JobsErrors.NotDead];

    /// <inheritdoc />
    public void Register(IServiceCollection services, IConfigurationSection configuration, Faults faults)
    {
        services.AddSingleton(JobsSettings.Read(configuration, faults));
        services.AddSingleton<JobCatalog>();
        services.AddSingleton<IMessageKinds>(provider => provider.GetRequiredService<JobCatalog>());
        services.AddSingleton<JobRunner>();
        services.AddHostedService<JobWorker>();
        services.AddSingleton<IAfterRewind, ResendQueued>();
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/v1/jobs").WithTags("Jobs").RequireAuthorization();
        jobs.MapGetJob();

        var admin = routes.MapGroup("/v1/admin/jobs").WithTags("Jobs").RequireAuthorization(Caller.AdminPolicy);
        admin.MapListJobs();
        admin.MapGetAnyJob();
        admin.MapRetryJob();
        routes.MapGetJobStatistics();
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Job))]
[JsonSerializable(typeof(Job.Scheduled))]
[JsonSerializable(typeof(Job.AttemptFailed))]
[JsonSerializable(typeof(Job.Interrupted))]
[JsonSerializable(typeof(Job.Succeeded))]
[JsonSerializable(typeof(Job.Died))]
[JsonSerializable(typeof(Job.Retried))]
[JsonSerializable(typeof(Job.Erased))]
[JsonSerializable(typeof(JobCount))]
[JsonSerializable(typeof(JobStatistics))]
[JsonSerializable(typeof(JobMessage))]
[JsonSerializable(typeof(JobView))]
[JsonSerializable(typeof(Page<JobView>))]
[JsonSerializable(typeof(JobDied))]
[JsonSerializable(typeof(JobDied))]
internal sealed partial class JobsJson : JsonSerializerContext;
