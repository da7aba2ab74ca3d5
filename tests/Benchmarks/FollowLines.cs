using System.Diagnostics;
using Monolith.Benchmarks.Kernel;

namespace Monolith.Benchmarks;

/// <summary>A log that followed views are made from: the same one each time, in a store of its own.</summary>
/// <param name="Group">What the lines belong to.</param>
/// <param name="CopyAsync">Opens a copy of the log that nothing has followed yet; the caller disposes of it.</param>
/// <param name="ReadAsync">Reads the log by hand; events per second.</param>
/// <param name="Goal">What following should reach.</param>
internal sealed record FollowedLog(string Group, Func<Task<Installation>> CopyAsync, Func<Task<double>> ReadAsync, Goal Goal);

/// <summary>Followed views, from the beginning of the log to its head, and rebuilt beside the live ones.</summary>
internal static class FollowLines
{
    public const int Events = 50_000;

    public static async IAsyncEnumerable<Line> RunAsync(Rounds rounds)
    {
        using var scratch = new Scratch();
        await using (var installation = await Installation.OpenAsync(scratch.Folder))
        {
            await WriteAsync(installation);
        }

        var number = 0;
        using var reader = new RawReader(scratch.Folder, ReadLines.ByPosition);
        await foreach (var line in RunAsync(rounds, new FollowedLog("follow", CopyAsync, ReadAsync, new Goal(AtLeast: 100_000))))
        {
            yield return line;
        }

        Task<Installation> CopyAsync()
        {
            var copy = Directory.CreateDirectory(Path.Combine(scratch.Folder, $"{number++}")).FullName;
            File.Copy(Path.Combine(scratch.Folder, "store.db"), Path.Combine(copy, "store.db"));
            return Installation.OpenAsync(copy);
        }

        Task<double> ReadAsync()
        {
            var start = Stopwatch.GetTimestamp();
            var rows = reader.ReadAll();
            return Task.FromResult(rows / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
    }

    /// <summary>Measures both projections on a log.</summary>
    public static async IAsyncEnumerable<Line> RunAsync(Rounds rounds, FollowedLog log)
    {
        var raw = new Contender("the log read by one query", log.ReadAsync);
        foreach (var (projection, views) in ((string, string)[])[(NotesByHundreds.Title, "100 views"), (EachNote.Title, "a view each")])
        {
            yield return await rounds.RunAsync(
                new Line(log.Group, $"events followed into {views}", "/s", 0, 0, 0, "") { Goal = log.Goal },
                new Contender("", async () =>
                {
                    await using var installation = await log.CopyAsync();
                    return await TimeAsync(installation, projection);
                }),
                raw);
            await using var followed = await log.CopyAsync();
            await TimeAsync(followed, projection);
            yield return await rounds.RunAsync(
                new Line(log.Group, $"events of {views} rebuilt, compared and switched", "/s", 0, 0, 0, "") { Goal = log.Goal },
                new Contender("", async () =>
                {
                    await followed.Get<Rebuilds>().StartAsync(projection, CancellationToken.None);
                    return await TimeAsync(followed, projection);
                }),
                raw);
        }
    }

    /// <summary>Writes the log.</summary>
    public static Task WriteAsync(Installation installation) =>
        Parallel.ForAsync(
            0, Events / People.EventsPerUser, new ParallelOptions { MaxDegreeOfParallelism = 256 }, async (i, cancellationToken) =>
        {
            await using var scope = installation.Scope();
            var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
            var note = work.Start<Note>(new StreamId(new Bucket(i % Bucket.Count), Note.Category, $"{i}"));
            for (var n = 0; n < People.EventsPerUser; n++)
            {
                note.Append(Note.Usual);
            }

            await work.CommitAsync(cancellationToken);
        });

    private static async Task<double> TimeAsync(Installation installation, string projection)
    {
        var start = Stopwatch.GetTimestamp();
        await installation.Get<Rebuilds>().RunAsync(projection, _ => { }, CancellationToken.None);
        return Events / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}

/// <summary>What a followed view of the bench counts.</summary>
internal sealed record Notes(int Number, string Last);

/// <summary>Many events change one view.</summary>
internal sealed class NotesByHundreds : FollowedProjection<Notes>
{
    public const string Title = "bench.notes-by-hundreds";

    public NotesByHundreds() =>
        On<Note.Noted>((_, stored) => $"{stored.Position % 100}", (view, e) => new Notes((view?.Number ?? 0) + 1, e.What));

    public override string Name => Title;
}

/// <summary>Each event makes a view.</summary>
internal sealed class EachNote : FollowedProjection<Notes>
{
    public const string Title = "bench.each-note";

    public EachNote() => On<Note.Noted>((_, stored) => $"{stored.Position}", (_, e) => new Notes(1, e.What));

    public override string Name => Title;
}
