using System.Diagnostics;

namespace Monolith.Benchmarks.Http;

/// <summary>Requests against constant answers of the same server, in one process with it.</summary>
internal static class HttpLines
{
    private const int Connections = 32;

    // The compiler comes to rest only after some seconds of load; what is measured is a server that has been up for a while.
    private const int WarmUpSeconds = 6;

    private const string Raw = "a constant answer of a bare Kestrel in the same process";
    private const string Pipeline = "a constant answer behind our own middleware";

    /// <param name="rounds">Measures in turns.</param>
    /// <param name="isCpu">
    /// Whether to measure the server's processor time for each request instead of how many it answers: a busy machine changes that less.
    /// </param>
    public static async IAsyncEnumerable<Line> RunAsync(Rounds rounds, bool isCpu = false)
    {
        using var scratch = new Scratch();
        using var server = await Server.StartAsync(scratch.Folder);
        using var process = Process.GetProcessById(server.Id);
        var users = (await File.ReadAllLinesAsync(Path.Combine(scratch.Folder, "users.txt"))).Select(l => l.Split(' ')).ToList();

        // Each user's name changes each time, and no one name twice at once.
        var writes = ((string[])["Ada", "Grace"]).SelectMany(
            name => users.Select(u => $"PATCH /v1/users/me {u[1]} {{\"firstName\":\"{name}\"}}")).ToList();
        await WarmUpAsync(server.Application, writes);
        await WarmUpAsync(server.Application, Reads(Serving.Uncached));
        await WarmUpAsync(server.Application, Reads("/v1/users"));
        await WarmUpAsync(server.Bare, Constants("GET", ""));
        yield return await rounds.RunAsync(
            NewLine("durable writes (PATCH), 32 connections", ratio: 0.4),
            At(server.Application, "", writes), At(server.Bare, Raw, Constants("POST", " {}")),
            At(server.Application, Pipeline, Constants("POST", " {}")));
        yield return await ReadAsync("reads by id, uncached, 32 connections", Serving.Uncached);
        yield return await ReadAsync("reads by id, output-cached, 32 connections", "/v1/users");

        Task<Line> ReadAsync(string name, string path) => rounds.RunAsync(
            NewLine(name, ratio: 0.6),
            At(server.Application, "", Reads(path)), At(server.Bare, Raw, Constants("GET", "")),
            At(server.Application, Pipeline, Constants("GET", "")));

        Task WarmUpAsync(string address, List<string> requests) =>
            Wrk.RunAsync(address, Connections, scratch.Folder, requests, WarmUpSeconds);

        // Each user reads the next one's profile: one's own holds more.
        List<string> Reads(string path) => [.. users.Select((u, i) => $"GET {path}/{users[(i + 1) % users.Count][0]} {u[1]}")];

        List<string> Constants(string method, string body) => [.. users.Select(u => $"{method} {Serving.Constant} {u[1]}{body}")];

        Contender At(string address, string name, List<string> requests) =>
            new(name, isCpu ? () => CpuAsync(address, requests) : () => RateAsync(address, requests));

        Task<double> RateAsync(string address, List<string> requests) => Wrk.RunAsync(address, Connections, scratch.Folder, requests);

        async Task<double> CpuAsync(string address, List<string> requests)
        {
            process.Refresh();
            var before = process.TotalProcessorTime;
            var answered = await RateAsync(address, requests); // for a second
            process.Refresh();
            return (process.TotalProcessorTime - before).TotalMicroseconds / answered;
        }

        Line NewLine(string name, double ratio) => isCpu
            ? new Line("cpu", name, "µs", 0, 0, 0, "")
            : new Line("http", name, "/s", 0, 0, 0, "") { Goal = new Goal(Ratio: ratio) };
    }
}
