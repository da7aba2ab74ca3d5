using System.Diagnostics;
using Monolith.Benchmarks.Http;

namespace Monolith.Benchmarks.Peer;

/// <summary>Applications that run side by side on one store or disk; gone, with their data, afterwards.</summary>
internal sealed class Grounds : IAsyncDisposable
{
    private const string Peer = "Monolith.Peer";

    private readonly List<IDisposable> _servers = [];
    private readonly Scratch _scratch = new();
    private PostgresTestServer? _postgres;

    /// <summary>Ours is the first.</summary>
    public IReadOnlyList<Candidate> Candidates { get; private set; } = [];

    /// <summary>For the load generator.</summary>
    public string Folder => _scratch.Folder;

    /// <summary>Ours, and Marten by minimal APIs and by Wolverine.Http, on one PostgreSQL that syncs to the disk.</summary>
    public static Task<Grounds> OnPostgresAsync() => OpenAsync(async grounds =>
    {
        var server = grounds._postgres = await PostgresTestServer.StartAsync(
            "fsync=on", "full_page_writes=on", "shared_buffers=512MB", "max_wal_size=4GB");
        await server.ExecuteAsync("postgres", $"create database ours owner {PostgresTestServer.User}");
        await server.ExecuteAsync("postgres", $"create database peer owner {PostgresTestServer.User}");
        var ours = await grounds.StartOursAsync(server.Url("ours", "?tls=disable"));
        var peer = await grounds.StartAsync(
            new ProcessStartInfo("dotnet", [Path.Combine(Repository.Root, "artifacts", "bin", Peer, "release", Peer + ".dll")])
            {
                Environment =
                {
                    ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
                    ["Store"] = $"Host=127.0.0.1;Port={server.Port};Database=peer;Username={PostgresTestServer.User};"
                        + $"Password={PostgresTestServer.Password};SSL Mode=Disable;Max Auto Prepare=64;Auto Prepare Min Usages=2;"
                        + "No Reset On Close=true",
                },
            });
        return
        [
            ours,
            await JoinAsync(new Candidate("Marten, minimal API", peer.Application, peer.Id, "/m/users")),
            await JoinAsync(new Candidate("Marten, Wolverine.Http", peer.Application, peer.Id, "/w/users")),
        ];
    });

    /// <summary>Ours on the embedded store, and Node.js, on one disk.</summary>
    public static Task<Grounds> OnDiskAsync() => OpenAsync(async grounds =>
    {
        var ours = await grounds.StartOursAsync(store: null);
        var folder = Directory.CreateDirectory(Path.Combine(grounds.Folder, "node")).FullName;
        var server = Path.Combine(Repository.Root, "tests", "Benchmarks", "Peer", "Node", "server.mjs");
        var node = await grounds.StartAsync(
            new ProcessStartInfo("node", [server, folder]) { Environment = { ["NODE_ENV"] = "production" } });
        return [ours, await JoinAsync(new Candidate("Node.js, fastify, better-sqlite3", node.Application, node.Id, "/users"))];
    });

    public async ValueTask DisposeAsync()
    {
        // What uses the database ends before it.
        _servers.ForEach(s => s.Dispose());
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }

        _scratch.Dispose();
    }

    private static async Task<Grounds> OpenAsync(Func<Grounds, Task<IReadOnlyList<Candidate>>> startAsync)
    {
        var grounds = new Grounds();
        try
        {
            grounds.Candidates = await startAsync(grounds);
            return grounds;
        }
        catch
        {
            await grounds.DisposeAsync();
            throw;
        }
    }

    private async Task<Candidate> StartOursAsync(string? store)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Folder, "ours")).FullName;
        var server = await Server.StartAsync(folder, store is null ? [$"{Candidate.Users}"] : [$"{Candidate.Users}", store]);
        _servers.Add(server);
        return new Candidate("Monolith", server.Application, server.Id, "/v1/users", "/v1/users/me")
        {
            Members =
            [
                .. (await File.ReadAllLinesAsync(Path.Combine(folder, "users.txt"))).Select(l => l.Split(' '))
                    .Select(l => new Member(l[0], l[1])),
            ],
        };
    }

    private async Task<Server> StartAsync(ProcessStartInfo start)
    {
        var server = await Server.StartAsync(new CapturedProcess(start));
        _servers.Add(server);
        return server;
    }

    private static async Task<Candidate> JoinAsync(Candidate candidate)
    {
        using var client = new PeerClient(candidate);
        var members = new List<Member>();
        for (var i = 0; i < Candidate.Users; i++)
        {
            members.Add(await client.JoinAsync($"user{i}{candidate.Path.Replace('/', '.')}@example.org"));
        }

        return candidate with { Members = members };
    }
}
