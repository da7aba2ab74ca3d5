using System.Diagnostics;
using System.Diagnostics.Metrics;
using MediatR;
using Monolith.Benchmarks.Kernel;
using Monolith.Jobs.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Benchmarks;

/// <summary>Jobs that do nothing, from being scheduled to being recorded as done, both on disk.</summary>
internal static class JobLines
{
    private const int Jobs = 10_000;
    private const int Clients = 256;

    /// <param name="rounds">Measures in turns.</param>
    /// <param name="isCpu">
    /// Whether to measure the processor time of each job instead of how many are done: a busy machine changes that less.
    /// </param>
    public static async IAsyncEnumerable<Line> RunAsync(Rounds rounds, bool isCpu = false)
    {
        using var scratch = new Scratch();
        await using var installation = await Installation.OpenAsync(scratch.Folder);
        await installation.StartAsync();
        await using var raw = new RawStore(scratch.Folder, hasOurSchema: false);
        var data = installation.Get<StoredJson>().Write(Note.Usual);
        var name = $"no-op jobs scheduled and done, {Clients} clients";
        yield return await rounds.RunAsync(
            isCpu
                ? new Line("cpu", name, "µs", 0, 0, 0, "")
                : new Line("jobs", name, "/s", 0, 0, 0, "") { Goal = new Goal(AtLeast: 20_000) },
            Measured("", () => DoAsync(installation)),
            Measured(
                "two hand-written group commits for each, a document in each",
                async () => await CommitLines.RawAsync(raw, Clients, data, data) / 2));

        Contender Measured(string what, Func<Task<double>> rateAsync) => new(what, isCpu ? () => CpuAsync(rateAsync) : rateAsync);
    }

    private static async Task<double> CpuAsync(Func<Task<double>> rateAsync)
    {
        var (before, start) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var rate = await rateAsync();
        return (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / (rate * Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    /// <summary>Schedules them and waits until all are done.</summary>
    /// <returns>How many per second.</returns>
    public static async Task<double> DoAsync(Installation installation)
    {
        using var done = new Succeeded();
        var start = Stopwatch.GetTimestamp();
        var scheduling = Parallel.ForAsync(
            0, Jobs, new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (i, cancellationToken) =>
        {
            await using var scope = installation.Scope();
            var owner = Id.New<UserId>(TimeProvider.System, new Bucket(i % Bucket.Count));
            var job = Id.NewFor<JobId, UserId>(TimeProvider.System, owner);
            var result = await scope.ServiceProvider.GetRequiredService<IMediator>()
                .Send(new ScheduleJob(job, owner, new DoNothing(i), "nothing"), cancellationToken);
            _ = result.TryGet(out _, out var refusal) ? true : throw new InvalidOperationException(refusal.Detail);
        });
        await scheduling;
        while (done.Count < Jobs)
        {
            await Task.Delay(1);
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromMinutes(2))
            {
                throw new TimeoutException($"Only {done.Count} of {Jobs} jobs were done.");
            }
        }

        return Jobs / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // The instrument that counts an attempt once its end is on disk.
    private sealed class Succeeded : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _count;

        public Succeeded()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "monolith.jobs.ended")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, number, tags, _) =>
            {
                foreach (var tag in tags)
                {
                    Interlocked.Add(ref _count, tag is { Key: "outcome", Value: "succeeded" } ? number : 0);
                }
            });
            _listener.Start();
        }

        public long Count => Interlocked.Read(ref _count);

        public void Dispose() => _listener.Dispose();
    }
}
