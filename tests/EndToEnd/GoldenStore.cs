using System.Formats.Tar;
using System.IO.Compression;

namespace Monolith.EndToEnd.Tests;

/// <summary>
/// A deployment as a version left it, packed: its data directory, with what was in PostgreSQL as a file of SQL where its store lay there.
/// </summary>
internal sealed class GoldenStore : IAsyncDisposable
{
    private const string Dump = "store.sql";

    /// <summary>Where those of released versions lie.</summary>
    public static string Folder => Path.Combine(Repository.Root, "tests", "EndToEnd", "Golden");

    /// <summary>
    /// Every one, by its file's name: <c>format-N.tar.gz</c>, and <c>format-N.postgres.tar.gz</c> where the store lay in PostgreSQL.
    /// </summary>
    public static IReadOnlyList<string> Names => Directory.Exists(Folder)
        ? [.. Directory.GetFiles(Folder, "*.tar.gz").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>The folder that it is unpacked in.</summary>
    public Verbs Verbs { get; } = new();

    /// <summary>What holds its store; null where that is SQLite.</summary>
    public PostgresTestServer? Server { get; private set; }

    /// <summary>What a host must be told to find its store.</summary>
    public string[] Arguments => Server is null ? [] : [$"Adapters:Store={Server.Url("monolith")}"];

    /// <summary>Unpacks one; the test is skipped where its server is not installed.</summary>
    public static async Task<GoldenStore> UnpackAsync(string path, CancellationToken cancellationToken)
    {
        var store = new GoldenStore();
        await using (var file = File.OpenRead(path))
        await using (var tar = new GZipStream(file, CompressionMode.Decompress))
        {
            await TarFile.ExtractToDirectoryAsync(tar, store.Verbs.Folder, overwriteFiles: false, cancellationToken);
        }

        var dump = Path.Combine(store.Verbs.Folder, Dump);
        if (File.Exists(dump))
        {
            store.Server = await StartServerAsync();
            await store.Server.LoadAsync("monolith", dump);
        }

        return store;
    }

    /// <summary>Packs a folder whose server has stopped.</summary>
    public static async Task PackAsync(Verbs from, string path, CancellationToken cancellationToken)
    {
        await using var file = File.Create(path);
        await using var tar = new GZipStream(file, CompressionLevel.SmallestSize);
        await TarFile.CreateFromDirectoryAsync(from.Folder, tar, includeBaseDirectory: false, cancellationToken);
    }

    /// <summary>Moves the store of a folder to PostgreSQL, and from there to a file beside the data.</summary>
    public static async Task MoveToPostgresAsync(Verbs verbs, CancellationToken cancellationToken)
    {
        await using var server = await StartServerAsync();
        using (var host = await verbs.MoveAsync(server.Url("monolith")))
        {
            Assert.Equal(0, await host.StopAsync(cancellationToken));
        }

        Directory.GetFiles(Path.Combine(verbs.Folder, "data"), "store.db*").ToList().ForEach(File.Delete);
        await server.DumpAsync("monolith", Path.Combine(verbs.Folder, Dump));
    }

    public async ValueTask DisposeAsync()
    {
        Verbs.Dispose();
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }
    }

    private static async Task<PostgresTestServer> StartServerAsync()
    {
        Assert.SkipWhen(PostgresTestServer.Missing is not null, PostgresTestServer.Missing ?? "");
        var server = await PostgresTestServer.StartAsync();
        await server.ExecuteAsync("postgres", $"create database monolith owner {PostgresTestServer.User}");
        return server;
    }
}
