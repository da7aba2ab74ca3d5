using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Jobs;
using Monolith.Jobs.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Jobs;

/// <summary>The host with the trials in it, and what the tests of jobs do over and over.</summary>
public sealed class JobsApp : App
{
    private readonly string? _data;
    private readonly string _roles;
    private readonly Lazy<Task<HttpClient>> _admin;

    public JobsApp()
        : this(new TrialScript(), data: null, "web,worker")
    {
    }

    private JobsApp(TrialScript script, string? data, string roles)
    {
        (Script, _data, _roles) = (script, data, roles);
        _admin = new(MakeAdminAsync);
    }

    internal TrialScript Script { get; }

    protected override string Data => _data ?? Directory;

    protected override IReadOnlyList<IModule> ExtraModules => [new TrialModule(Script)];

    protected override IEnumerable<string> Settings =>
    [
        $"--Roles={_roles}",
        "--Jobs:Concurrency=4",
        "--Logging:LogLevel:Monolith.Jobs=None", // Most of these jobs fail on purpose.
    ];

    /// <summary>Starts one on data that outlives it.</summary>
    internal static async Task<JobsApp> StartAsync(string data, TrialScript script, string roles = "web,worker")
    {
        var app = new JobsApp(script, data, roles);
        await ((IAsyncLifetime)app).InitializeAsync();
        return app;
    }

    /// <summary>A client that is signed in as the administrator.</summary>
    public Task<HttpClient> AdminAsync() => _admin.Value;

    public static UserId NewOwner() => Id.New<UserId>(TimeProvider.System, new Bucket(7));

    public async Task<JobId> ScheduleAsync(UserId owner, IJob job, string subject, JobId? id = null)
    {
        await using var services = Services.CreateAsyncScope();
        var request = new ScheduleJob(id ?? Id.NewFor<JobId, UserId>(TimeProvider.System, owner), owner, job, subject);
        Assert.True((await services.ServiceProvider.GetRequiredService<IMediator>().Send(request)).TryGet(out var scheduled, out _));
        return scheduled;
    }

    public Task<JobId> ScheduleTrialAsync(string name) => ScheduleTrialAsync(NewOwner(), name);

    public Task<JobId> ScheduleTrialAsync(UserId owner, string name, JobId? id = null) =>
        ScheduleAsync(owner, new DoTrial(name, owner.Bucket().Number), name, id);

    internal async Task<JobView> FindJobAsync(JobId id)
    {
        await using var services = Services.CreateAsyncScope();
        var views = services.ServiceProvider.GetRequiredService<Views>();
        return views.Read<JobView>(Assert.IsType<Document>(await views.FindAsync(JobViewProjection.ViewKind, id, CancellationToken.None)));
    }

    /// <summary>Waits until a job is in a state.</summary>
    internal Task<JobView> FindJobAsync(JobId id, string state) =>
        Eventually.FindAsync(async () => await FindJobAsync(id) is var job && job.State == state ? job : null, $"job {id} is {state}");

    /// <summary>How many effects the jobs of a trial had.</summary>
    public async Task<int> EffectsOfAsync(JobId id, string name)
    {
        var (trial, _) = await Services.GetRequiredService<Aggregates>().LoadAsync<Trial>(
            Trial.StreamOf(id.Bucket(), name), CancellationToken.None);
        return trial.Effects;
    }

    private async Task<HttpClient> MakeAdminAsync()
    {
        var admin = await Member.JoinAsync(this);
        using var response = await admin.Http.PostAsJsonAsync("/v1/admin/invitation", new { token = await InviteAsync() });
        response.EnsureSuccessStatusCode();
        return admin.Http;
    }
}
