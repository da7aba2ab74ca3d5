using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Monolith.Benchmarks.Kernel;
using Monolith.Users;

namespace Monolith.Benchmarks;

/// <summary>How figures change from ten thousand events to a million, and what goes through all of them.</summary>
internal static partial class GrowLines
{
    private const int Few = 1_000;

    public static async IAsyncEnumerable<Line> RunAsync(Context run)
    {
        var big = await run.BigStoreAsync();
        foreach (var verb in (string[])["verify", "rebuild"])
        {
            using var log = new RawReader(big.Folder, ReadLines.ByPosition);
            yield return await run.Once.RunAsync(
                new Line("grow", $"events through {verb}, 1,000,000", "/s", 0, 0, 0, "") { Goal = new Goal(AtLeast: 100_000) },
                new Contender("", () =>
                {
                    if (verb == "rebuild")
                    {
                        RawReader.DeleteDocuments(big.Folder);
                    }

                    return RunVerbAsync(verb, big.Folder);
                }),
                new Contender("the log read by one query", () =>
                {
                    var start = Stopwatch.GetTimestamp();
                    var rows = log.ReadAll();
                    return Task.FromResult(rows / Stopwatch.GetElapsedTime(start).TotalSeconds);
                }));
        }

        using var scratch = new Scratch();
        await using var small = await Installation.OpenAsync(scratch.Folder);
        await People.JoinAsync(small, Few);
        await using var large = await Installation.OpenAsync(big.Folder);
        foreach (var clients in (int[])[1, 256])
        {
            yield return await run.Rounds.RunAsync(
                new Line("grow", $"decisions at 1,000,000 events, {clients} clients", "/s", 0, 0, 0, ""),
                new Contender("", () => CommitLines.DecisionsAsync(large, clients)),
                new Contender("the same at 10,000 events", () => CommitLines.DecisionsAsync(small, clients)));
        }

        var (few, many) = (await UsersOfAsync(small), await UsersOfAsync(large));
        yield return await run.Rounds.RunAsync(
            new Line("grow", "aggregates loaded at 1,000,000 events", "/s", 0, 0, 0, ""),
            new Contender("", () => LoadAsync(large, many)),
            new Contender("the same at 10,000 events", () => LoadAsync(small, few)));
    }

    private static Task<double> LoadAsync(Installation installation, IReadOnlyList<StreamId> users)
    {
        var aggregates = installation.Get<Aggregates>();
        return Clients.RunAsync(1, async (_, _) =>
            await aggregates.LoadAsync<User>(users[Random.Shared.Next(users.Count)], CancellationToken.None));
    }

    private static async Task<IReadOnlyList<StreamId>> UsersOfAsync(Installation installation) =>
        [.. (await installation.Shard.Store.ReadStreamHeadsAsync("user-", BigStore.Users, CancellationToken.None)).Select(h => h.Stream)];

    // By what the verb itself says: how long a process takes to start belongs to another line.
    private static async Task<double> RunVerbAsync(string verb, string folder)
    {
        using var host = new CapturedProcess(new ProcessStartInfo("dotnet", [
            Path.Combine(Repository.Root, "artifacts", "bin", "Monolith.Host", "release", "Monolith.Host.dll"),
            verb, $"Adapters:Store=sqlite:{folder}/store.db"])
        {
            WorkingDirectory = folder,
        });
        var code = await host.ExitAsync(CancellationToken.None);
        return code == 0 && Seconds().Match(host.Output) is { Success: true } seconds
            ? BigStore.Events / double.Parse(seconds.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"{verb} ended with {code}:\n{host.Output}");
    }

    [GeneratedRegex(@", ([0-9.]+) s\s*$")]
    private static partial Regex Seconds();
}
