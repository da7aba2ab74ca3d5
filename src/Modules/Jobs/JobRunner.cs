using System.Diagnostics;
using System.Text.Json;
using Monolith.Jobs.Contracts;

namespace Monolith.Jobs;

/// <summary>Makes one attempt at the job of a message and records how it ended, in one commit with what becomes of the message.</summary>
/// <remarks>
/// Every commit of the handler and the one that ends the attempt are fenced by the lease's token: a worker that lost its lease, without
/// knowing it perhaps, has no effect any more. The lease gives liveness, the token safety.
/// </remarks>
internal sealed partial class JobRunner(
    JobCatalog catalog, Aggregates aggregates, IQueue queue, IServiceScopeFactory scopes, StoredJson json, TimeProvider clock,
    ILogger<JobRunner> log)
{
    /// <summary>After how long the job of a dead worker goes on.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan _prolonging = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan _recordPause = TimeSpan.FromSeconds(1);

    /// <param name="message">Held by this node for one <see cref="Lease"/> from now.</param>
    /// <param name="handled">Called when the handler has ended, before that is recorded.</param>
    /// <param name="stopping">Stops the handler; the job is then given back without an attempt being counted.</param>
    public async Task RunAsync(TakenMessage message, Action handled, CancellationToken stopping)
    {
        var content = json.Read<JobMessage>(message.Body);
        using var activity = TraceParent.Start(message.Kind, content.Trace);
        var held = await LoadAsync(message, content.JobId);
        var job = held.Job;
        var attempt = job.AttemptOf(message.Token);
        var start = clock.GetTimestamp();
        JobMeters.Begin(message.Kind, clock.GetUtcNow() - job.DueAt);
        var end = job.Begin(attempt, clock.GetUtcNow(), Random.Shared.NextDouble()) ?? await AttemptAsync(message, job, attempt, stopping);
        handled();
        var outcome = end is not null && await RecordAsync(held, end, stopping) ? OutcomeOf(end) : "lost";
        JobMeters.End(message.Kind, outcome, clock.GetElapsedTime(start));
        activity?.SetTag("outcome", outcome);
        var level = LevelOf(outcome);
        LogEnded(level, held.Id, message.Kind, attempt, outcome);
    }

    /// <summary>Gives a job back that was taken and not begun: no attempt.</summary>
    public async Task GiveBackAsync(TakenMessage message)
    {
        var held = await LoadAsync(message, json.Read<JobMessage>(message.Body).JobId);
        await RecordAsync(held, Job.Interrupt(clock.GetUtcNow()), CancellationToken.None);
    }

    // Not cancelled by a shutdown: what was taken is given back in an orderly way, and for that the job must be known.
    private async Task<Held> LoadAsync(TakenMessage message, JobId id)
    {
        var (job, version) = await aggregates.LoadAsync<Job>(Job.StreamOf(id), CancellationToken.None);
        return new Held(message, id, job, version);
    }

    /// <returns>The event that ends the attempt; null when its lease was lost.</returns>
    private async Task<object?> AttemptAsync(TakenMessage message, Job job, int attempt, CancellationToken stopping)
    {
        var type = catalog.Of(message.Kind);
        if (job.Payload is not { } payload || !TryRead(type, payload, out var request))
        {
            return job.Die(attempt, "Its payload cannot be read any more.", clock.GetUtcNow());
        }

        var start = clock.GetTimestamp();
        using var timeout = new CancellationTokenSource(type.Timeout, clock);
        using var lost = new CancellationTokenSource();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, timeout.Token, lost.Token);
        using var timer = new PeriodicTimer(_prolonging, clock);
        var keeping = KeepAsync(message, timer, lost, ended.Token);
        try
        {
            var result = await HandleAsync(message, request, ended.Token);
            return result.TryGet(out _, out var refusal)
                ? Job.Succeed(attempt, clock.GetElapsedTime(start), clock.GetUtcNow())
                : job.Die(attempt, refusal.Detail, clock.GetUtcNow());
        }
#pragma warning disable CA1031 // Whatever a handler throws is the end of this attempt and of nothing else.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (lost.IsCancellationRequested
                || (e is ConflictException { Conflict: { Kind: ConflictKind.Message, What: var what } } && what == message.Id.ToString()))
            {
                return null;
            }

            if (stopping.IsCancellationRequested)
            {
                return Job.Interrupt(clock.GetUtcNow());
            }

            if (e is StoreUnavailableException && !timeout.IsCancellationRequested)
            {
                // One line: thousands may wait for the same, each again and again.
                LogWaits(job.JobId, message.Kind, e.Message);

                // Not the job's fault, and it comes back: a dead letter would lose work for an outage that everything else survives.
                return job.Defer(clock.GetUtcNow(), Random.Shared.NextDouble());
            }

            LogThrown(e, job.JobId, message.Kind, attempt);
            var reason = timeout.IsCancellationRequested
                ? $"It took longer than {type.Timeout.TotalSeconds} s."
                : ReasonOf(e);
            return job.Fail(attempt, reason, clock.GetUtcNow(), Random.Shared.NextDouble());
        }
        finally
        {
            // Without a tick to wait for it ends by itself; being cancelled instead would cost a short job a quarter of its time.
            timer.Dispose();
            await ended.CancelAsync();
            await keeping;
        }
    }

    private bool TryRead(JobType type, JsonElement payload, out IJob request)
    {
        try
        {
            request = catalog.Read(type, payload);
            return true;
        }
        catch (JsonException e)
        {
            LogUnreadable(e, type.Name);
            request = null!; // Not read.
            return false;
        }
    }

    private async Task<Result<Done>> HandleAsync(TakenMessage message, IJob request, CancellationToken cancellationToken)
    {
        await using var services = scopes.CreateAsyncScope();
        services.ServiceProvider.GetRequiredService<CommitScope>().Guard = new GuardMessage(message.Id, message.Token);
        return await services.ServiceProvider.GetRequiredService<IMediator>().Send(request, cancellationToken);
    }

    // A message can hold what only an operator may see, and the reason is told to the owner: it points at the log instead.
    private static string ReasonOf(Exception e) =>
        $"It ended with {e.GetType().Name}, trace {Activity.Current?.TraceId.ToHexString() ?? "unknown"}.";

    /// <summary>
    /// Prolongs the lease until the handler ended or was told to: one that does not listen loses its lease, and with it every effect.
    /// </summary>
    private async Task KeepAsync(TakenMessage message, PeriodicTimer timer, CancellationTokenSource lost, CancellationToken ended)
    {
        var until = clock.GetUtcNow() + Lease;
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                var now = clock.GetUtcNow();
                if (await TryProlongAsync(message, ended) is { } isHeld)
                {
                    until = isHeld ? now + Lease : now;
                }

                if (until <= now)
                {
                    await lost.CancelAsync();
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The attempt is over.
        }
    }

    /// <returns>Whether the lease is still held; null when that is unknown at the moment.</returns>
    private async Task<bool?> TryProlongAsync(TakenMessage message, CancellationToken cancellationToken)
    {
        try
        {
            return await queue.ExtendAsync(message, Lease, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogNotProlonged(e, message.Id);
            return null;
        }
    }

    /// <returns>False when the lease was lost: then nothing is recorded, it is another worker's job.</returns>
    private async Task<bool> RecordAsync(Held held, object end, CancellationToken stopping)
    {
        var start = clock.GetTimestamp();
        var stream = Job.StreamOf(held.Id);
        for (var isKnown = true; ; isKnown = false)
        {
            try
            {
                await using var services = scopes.CreateAsyncScope();
                var work = services.ServiceProvider.GetRequiredService<UnitOfWork>();

                // While the lease holds, hardly another request changes the job: it is read again only after that went wrong.
                var job = isKnown
                    ? work.Continue(stream, held.Version, held.Job)
                    : await work.LoadAsync<Job>(stream, CancellationToken.None);
                job.Append(end);
                work.Send(FateOf(held.Message, end));
                await work.CommitAsync(CancellationToken.None);
                return true;
            }
            catch (ConflictException e) when (isKnown && e.Conflict.Kind is ConflictKind.Stream)
            {
                // Decided on what it was at the beginning; the lease says whether it still counts.
            }
            catch (ConflictException)
            {
                return false;
            }
            catch (SubjectErasedException)
            {
                await DropAsync(held.Message);
                return false;
            }
            catch (StoreUnavailableException) when (clock.GetElapsedTime(start) < Lease)
            {
                // What is done should not be done again only because the store was unavailable for a moment.
                await Task.Delay(_recordPause, clock, stopping);
            }
        }
    }

    /// <summary>Ends the message of a job whose owner is erased: nothing can be recorded any more.</summary>
    private async Task DropAsync(TakenMessage message)
    {
        try
        {
            await using var services = scopes.CreateAsyncScope();
            var work = services.ServiceProvider.GetRequiredService<UnitOfWork>();
            work.Send(new SettleMessage(message.Id, message.Token));
            await work.CommitAsync(CancellationToken.None);
        }
        catch (ConflictException)
        {
            // It was taken back already.
        }
    }

    private static MessageWrite FateOf(TakenMessage message, object end) => end switch
    {
        Job.AttemptFailed e => new DeferMessage(message.Id, message.Token, e.NextTry),
        Job.Interrupted e => new DeferMessage(message.Id, message.Token, e.At),
        _ => new SettleMessage(message.Id, message.Token),
    };

    private static string OutcomeOf(object end) => end switch
    {
        Job.Succeeded => "succeeded",
        Job.AttemptFailed => "failed",
        Job.Interrupted => "interrupted",
        _ => "died",
    };

    private static LogLevel LevelOf(string outcome) => outcome switch
    {
        "succeeded" => LogLevel.Debug,
        "failed" or "lost" => LogLevel.Warning,
        "died" => LogLevel.Error,
        _ => LogLevel.Information,
    };

    [LoggerMessage("Job {JobId} of type {Type}, attempt {Attempt}: {Outcome}")]
    private partial void LogEnded(LogLevel level, JobId jobId, string type, int attempt, string outcome);

    [LoggerMessage(LogLevel.Warning, "Job {JobId} of type {Type} threw in attempt {Attempt}")]
    private partial void LogThrown(Exception exception, JobId jobId, string type, int attempt);

    [LoggerMessage(LogLevel.Information, "Job {JobId} of type {Type} waits for what is unavailable: {Reason}")]
    private partial void LogWaits(JobId jobId, string type, string reason);

    [LoggerMessage(LogLevel.Error, "The payload of a job of type {Type} cannot be read")]
    private partial void LogUnreadable(Exception exception, string type);

    [LoggerMessage(LogLevel.Warning, "The lease of message {MessageId} could not be prolonged")]
    private partial void LogNotProlonged(Exception exception, Guid messageId);

    /// <summary>A job whose message this node holds, as it was when it was taken.</summary>
    private sealed record Held(TakenMessage Message, JobId Id, Job Job, long Version);
}
