using System.Diagnostics;
using System.Globalization;
using Monolith.Benchmarks.Http;

namespace Monolith.Benchmarks;

/// <summary>How long the real host takes until it is ready, and how much memory it keeps.</summary>
internal static class StartLines
{
    private const string Raw = "a bare Kestrel with one constant answer";

    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(1);

    public static async IAsyncEnumerable<Line> RunAsync(Context run)
    {
        using var scratch = new Scratch();
        var number = 0;
        yield return await run.Rounds.RunAsync(
            new Line("start", "to ready, empty store", "ms", 0, 0, 0, "") { Goal = new Goal(AtMost: 1_000) },
            new Contender("", () => StartAsync(Path.Combine(scratch.Folder, $"{number++}"))),
            new Contender(Raw, () => StartBareAsync(scratch.Folder)));

        var big = await run.BigStoreAsync();
        yield return await run.Rounds.RunAsync(
            new Line("start", "to ready, 1,000,000 events", "ms", 0, 0, 0, "") { Goal = new Goal(AtMost: 2_000) },
            new Contender("", () => StartAsync(big.Folder)),
            new Contender(Raw, () => StartBareAsync(scratch.Folder)));

        yield return await run.FewRounds.RunAsync(
            new Line("start", "resident memory, idle", "MB", 0, 0, 0, "") { Goal = new Goal(AtMost: 120) },
            new Contender("", () => IdleMemoryAsync(Path.Combine(scratch.Folder, $"{number++}"))),
            new Contender(Raw, async () =>
            {
                using var bare = Server.Launch(scratch.Folder, "bare");
                await Task.Delay(Settling);
                return Memory(bare.Id);
            }));

        yield return await run.FewRounds.RunAsync(
            new Line("start", "resident memory, under load", "MB", 0, 0, 0, ""),
            new Contender("", async () =>
            {
                using var loaded = await Server.StartAsync(Directory.CreateDirectory(Path.Combine(scratch.Folder, $"{number++}")).FullName);
                return await LoadedMemoryAsync(loaded, Path.Combine(scratch.Folder, $"{number - 1}"));
            }),
            new Contender("the same process, idle", async () =>
            {
                using var idle = await Server.StartAsync(Directory.CreateDirectory(Path.Combine(scratch.Folder, $"{number++}")).FullName);
                await Task.Delay(Settling);
                return Memory(idle.Id);
            }));
    }

    // Until the loops have made their first round and the start is forgotten.
    private static TimeSpan Settling => TimeSpan.FromSeconds(4);

    private static async Task<double> StartAsync(string folder)
    {
        var (host, elapsed) = await ReadyAsync(folder);
        host.Dispose();
        return elapsed.TotalMilliseconds;
    }

    private static async Task<double> IdleMemoryAsync(string folder)
    {
        var (host, _) = await ReadyAsync(folder);
        using (host)
        {
            await Task.Delay(Settling);
            return Memory(host.Id);
        }
    }

    private static async Task<double> LoadedMemoryAsync(Server server, string folder)
    {
        var users = (await File.ReadAllLinesAsync(Path.Combine(folder, "users.txt"))).Select(l => l.Split(' ')).ToList();
        for (var i = 0; i < 2; i++)
        {
            await Wrk.RunAsync(server.Application, 256, folder, users.Select(u => $"GET {Serving.Uncached}/{u[0]} {u[1]}"));
            await Wrk.RunAsync(
                server.Application, 256, folder, users.Select(u => $"PATCH /v1/users/me {u[1]} {{\"firstName\":\"Ada {i}\"}}"));
        }

        return Memory(server.Id);
    }

    private static async Task<(CapturedProcess Host, TimeSpan Elapsed)> ReadyAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        var (start, port) = (Stopwatch.GetTimestamp(), FreePort.Next());
        var host = new CapturedProcess(new ProcessStartInfo("dotnet", [
            Path.Combine(Repository.Root, "artifacts", "bin", "Monolith.Host", "release", "Monolith.Host.dll"),
            "--urls", $"http://127.0.0.1:{port}", $"Adapters:Store=sqlite:{folder}/store.db", $"Adapters:Blobs=file:{folder}/blobs",
            $"Adapters:Mail=file:{folder}/mail"])
        {
            WorkingDirectory = folder,
        });
        try
        {
            await AnswersAsync($"http://127.0.0.1:{port}/health/ready", host, start);
            return (host, Stopwatch.GetElapsedTime(start));
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    private static async Task<double> StartBareAsync(string folder)
    {
        var start = Stopwatch.GetTimestamp();
        using var bare = Server.Launch(folder, "bare");
        while (!bare.Output.StartsWith(Serving.Ready, StringComparison.Ordinal))
        {
            await Task.Delay(1);
        }

        await AnswersAsync(bare.Output.Split(' ', StringSplitOptions.TrimEntries)[1] + Serving.Constant, bare, start);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static async Task AnswersAsync(string address, CapturedProcess process, long start)
    {
        using var http = new HttpClient();
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(address);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (!process.HasExited && Stopwatch.GetElapsedTime(start) < _limit)
            {
                // Not yet.
            }

            await Task.Delay(2);
        }
    }

    /// <summary>What a process keeps in memory, in MB of 1,000,000 bytes.</summary>
    private static double Memory(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1_000_000;
    }
}
