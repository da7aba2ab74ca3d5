using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Jobs;
using Monolith.Jobs.Contracts;
using Monolith.Kernel.Events;
using Monolith.Kernel.Values;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Jobs;

/// <summary>One host for the tests of a class.</summary>
public sealed class JobsFixture : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("monolith-").FullName;

    internal TrialScript Script { get; } = new();

    internal JobsApp App { get; private set; } = null!;

    public async ValueTask InitializeAsync() => App = await JobsApp.StartAsync(_directory, Script);

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}

/// <summary>What the tests of jobs do over and over.</summary>
internal static class JobsAppSteps
{
    public static UserId NewOwner() => Id.New<UserId>(TimeProvider.System, new Bucket(7));

    public static async Task<JobId> ScheduleAsync(this JobsApp app, UserId owner, IJob job, string subject, JobId? id = null)
    {
        await using var services = app.Services.CreateAsyncScope();
        var result = await services.ServiceProvider.GetRequiredService<IMediator>().Send(
            new ScheduleJob(id ?? Id.NewFor<JobId, UserId>(TimeProvider.System, owner), owner, job, subject), TestContext.Current.CancellationToken);
        Assert.True(result.TryGet(out var scheduled, out _));
        return scheduled;
    }

    /// <summary>Schedules a trial whose name is new.</summary>
    public static async Task<JobId> ScheduleTrialAsync(this JobsApp app, string name) => await ScheduleTrialAsync(app, NewOwner(), name);

    public static Task<JobId> ScheduleTrialAsync(this JobsApp app, UserId owner, string name, JobId? id = null) =>
        app.ScheduleAsync(owner, new DoTrial(name, owner.Bucket().Number), name, id);

    public static async Task<JobView> GetJobAsync(this JobsApp app, JobId id)
    {
        var views = app.Services.GetRequiredService<Views>();
        var found = await views.FindAsync(JobViewProjection.ViewKind, id, TestContext.Current.CancellationToken);
        return views.Read<JobView>(Assert.IsType<Kernel.Ports.Document>(found));
    }

    public static Task<JobView> GetJobInAsync(this JobsApp app, JobId id, string state) =>
        Eventually.GetAsync(() => app.GetJobAsync(id), job => job.State == state);

    public static async Task<int> EffectsOfAsync(this JobsApp app, JobId id, string name)
    {
        var (trial, _) = await app.Services.GetRequiredService<Aggregates>().LoadAsync<Trial>(
            Trial.StreamOf(id.Bucket(), name), TestContext.Current.CancellationToken);
        return trial.Effects;
    }
}
