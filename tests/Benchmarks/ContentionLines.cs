using System.Diagnostics;
using Monolith.Users;
using Monolith.Users.Contracts;

namespace Monolith.Benchmarks;

/// <summary>Shows that many writers on one stream pay for their conflicts the same however long the stream is.</summary>
internal static class ContentionLines
{
    private const int Writers = 32;
    private const int Long = 10_000;
    private const int Short = 10;

    // Events of one commit while a stream is made: few enough for one transaction of some milliseconds.
    private const int Chunk = 500;

    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(1);

    public static async IAsyncEnumerable<Line> RunAsync(Rounds rounds)
    {
        using var scratch = new Scratch();
        await using var installation = await Installation.OpenAsync(scratch.Folder);
        yield return await rounds.RunAsync(
            new Line("contention", $"{Writers} writers on a stream of {Long:#,0}", "/s", 0, 0, 0, "") { Goal = new Goal(Ratio: 0.9) },
            new Contender("", async () => (await RunAsync(installation, Long, streams: 1)).Stored),
            new Contender($"the same on a stream of {Short}", async () => (await RunAsync(installation, Short, streams: 1)).Stored),
            new Contender("refused besides", async () => (await RunAsync(installation, Long, streams: 1)).Refused),
            new Contender($"on {Writers} streams of {Short}", async () => (await RunAsync(installation, Short, Writers)).Stored));
    }

    /// <summary>Lets each writer change one user after the other, deciding again as use cases do.</summary>
    /// <returns>Updates per second.</returns>
    private static async Task<(double Stored, double Refused)> RunAsync(Installation installation, int events, int streams)
    {
        var users = await Task.WhenAll(Enumerable.Range(0, streams).Select(_ => MakeAsync(installation, events)));
        var start = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var (stored, refused) = (0, 0);
            while (Stopwatch.GetElapsedTime(start) < _duration)
            {
                try
                {
                    await using var scope = installation.Scope();
                    await UpdateAsync(scope.ServiceProvider, users[writer % streams], $"Ada {writer} {stored}");
                    stored++;
                }
                catch (ConflictException)
                {
                    refused++;
                }
            }

            return (Stored: stored, Refused: refused);
        })));
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (counts.Sum(c => c.Stored) / seconds, counts.Sum(c => c.Refused) / seconds);
    }

    private static Task<Done> UpdateAsync(IServiceProvider services, StreamId stream, string name) =>
        services.GetRequiredService<ConflictRetry>().CommitAsync(
        async work =>
        {
            Change(await work.LoadAsync<User>(stream, CancellationToken.None), name);
            return default(Done);
        },
        CancellationToken.None);

    private static async Task<StreamId> MakeAsync(Installation installation, int events)
    {
        var id = Id.New<UserId>(TimeProvider.System, new Bucket(Random.Shared.Next(Bucket.Count)));
        var stream = User.StreamOf(id);
        for (var made = 0; made < events; made += Chunk)
        {
            await using var scope = installation.Scope();
            var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
            var user = await work.LoadAsync<User>(stream, CancellationToken.None);
            if (!user.Exists)
            {
                user.Append(
                    User.Register(
                        id, new RegisterUser($"{id}@example.org", "", "Ada", "Lovelace"), new string('h', 100),
                        TimeProvider.System.GetUtcNow()));
            }

            while (user.CurrentVersion < Math.Min(made + Chunk, events))
            {
                Change(user, $"Ada {user.CurrentVersion}");
            }

            await work.CommitAsync(CancellationToken.None);
        }

        return stream;
    }

    private static void Change(Loaded<User> user, string name) =>
        user.Append(user.State.ChangeDetails(name, "Lovelace", null, TimeProvider.System.GetUtcNow())!); // Another name each time.
}
