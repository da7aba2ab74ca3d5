namespace Monolith.EndToEnd.Tests;

/// <summary>
/// Deployments of every released format, as a former version left them: <c>Golden/</c>. This version must go on with each. A file that was
/// released is never changed; what it holds is said in <see cref="GoldenLife"/>.
/// </summary>
public sealed class GoldenStoreTests : IDisposable
{
    // `NEW_GOLDEN=format-3 ./test EndToEnd --filter Golden` keeps what this version leaves under that name.
    private const string Variable = "NEW_GOLDEN";

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-golden-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string> Stores => [.. GoldenStore.Names];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Stands_the_audit_is_served_and_written_on_and_rebuilt(string name)
    {
        await using var golden = await GoldenStore.UnpackAsync(Path.Combine(GoldenStore.Folder, name), Cancelled);

        await IsGoneOnWithAsync(golden);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Gets_every_migration_that_is_shipped_and_so_the_schema_of_a_new_store(string name)
    {
        await using var golden = await GoldenStore.UnpackAsync(Path.Combine(GoldenStore.Folder, name), Cancelled);
        using var fresh = new Verbs();
        await MigrateAsync(golden.Verbs, golden.Arguments);
        if (golden.Server is { } server)
        {
            await server.ExecuteAsync("postgres", $"create database fresh owner {PostgresTestServer.User}");
            await MigrateAsync(fresh, [$"Adapters:Store={server.Url("fresh")}"]);
            Assert.Equal(await SchemaOfAsync(server, "fresh"), await SchemaOfAsync(server, "monolith"));
            var applied = await server.ReadAsync("monolith", "select string_agg(name, ' ' order by number) from monolith.migrations");
            Assert.Equal(string.Join(' ', Shipped("Postgres")), applied);
        }
        else
        {
            const string Schema = "select type || ' ' || name || ' ' || coalesce(sql, '') from sqlite_schema order by type, name";
            await MigrateAsync(fresh, []);
            Assert.Equal(fresh.Read(Schema), golden.Verbs.Read(Schema));
            Assert.Equal(Shipped(Path.Combine("Embedded", "Sqlite")), golden.Verbs.Read("select name from migrations order by number"));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_this_version_leaves_can_be_the_next_one(bool isInPostgres)
    {
        using var verbs = new Verbs();
        using (var host = await verbs.StartAsync())
        {
            await GoldenLife.LiveAsync(host);
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        if (isInPostgres)
        {
            await GoldenStore.MoveToPostgresAsync(verbs, Cancelled);
        }

        var isKept = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 };
        var name = (isKept ? Environment.GetEnvironmentVariable(Variable) : "left") + (isInPostgres ? ".postgres" : "");
        var path = Path.Combine(isKept ? Directory.CreateDirectory(GoldenStore.Folder).FullName : _folder, $"{name}.tar.gz");
        await GoldenStore.PackAsync(verbs, path, Cancelled);

        await using var left = await GoldenStore.UnpackAsync(path, Cancelled);
        await IsGoneOnWithAsync(left);
    }

    [Fact]
    public async Task One_of_before_the_first_release_is_refused_in_one_line_and_left_as_it_is()
    {
        await using var former = await GoldenStore.UnpackAsync(Path.Combine(GoldenStore.Folder, "Former", "786e7ca.tar.gz"), Cancelled);
        var store = Path.Combine(former.Verbs.Folder, "data", "store.db");
        var before = await File.ReadAllBytesAsync(store, Cancelled);

        using var refused = HostProcess.Launch(former.Verbs.Folder, []);

        Assert.Equal(78, await refused.ExitAsync(Cancelled));
        var said = Assert.Single(refused.Output.Split('\n'), l => l.Contains("store.db", StringComparison.Ordinal) && !l.StartsWith('{'));
        Assert.EndsWith(
            "store.db was made by a version before 0.1.0 and cannot be read; configure an empty place.", said.Trim(),
            StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(store, Cancelled));
        Assert.Contains("made by a version before 0.1.0", (await former.Verbs.RunAsync("verify")).Output, StringComparison.Ordinal);
    }

    // First as it is, because a rebuild would mend what the audit is to find: a fold that changed without a new kind.
    private static async Task IsGoneOnWithAsync(GoldenStore golden)
    {
        await MigrateAsync(golden.Verbs, golden.Arguments);
        var before = await golden.Verbs.RunAsync(["verify", .. golden.Arguments]);
        Assert.True(before.Code == 0, before.Output);
        using (var host = await HostProcess.StartAsync(golden.Verbs.Folder, golden.Arguments, Cancelled))
        {
            await GoldenLife.IsThereAsync(host.Http);
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        var rebuilt = await golden.Verbs.RunAsync(["rebuild", .. golden.Arguments]);
        var verified = await golden.Verbs.RunAsync(["verify", .. golden.Arguments]);
        Assert.True((rebuilt.Code, verified.Code) == (0, 0), rebuilt.Output + verified.Output);
    }

    // By a start, which is how a deployment is brought to a new version.
    private static async Task MigrateAsync(Verbs verbs, IReadOnlyList<string> arguments)
    {
        using var host = await HostProcess.StartAsync(verbs.Folder, arguments, Cancelled);
        Assert.Equal(0, await host.StopAsync(Cancelled));
    }

    private static IEnumerable<string?> Shipped(string adapter) =>
        Directory.GetFiles(Path.Combine(Repository.Root, "adapters", adapter, "Sql"), "*.sql").Select(Path.GetFileNameWithoutExtension)
            .Order(StringComparer.Ordinal);

    private async Task<string> SchemaOfAsync(PostgresTestServer server, string database)
    {
        var path = Path.Combine(_folder, $"{database}.sql");
        await server.DumpAsync(database, path, "--schema-only");
        return await File.ReadAllTextAsync(path, Cancelled);
    }
}
