using System.Globalization;
using System.Security.Cryptography;
using Monolith.Adapters.Postgres;
using Npgsql;

namespace Monolith.Adapters.Tests.Postgres;

public sealed class PostgresStartTests : IAsyncDisposable
{
    private readonly PostgresDatabases _databases = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _databases.DisposeAsync();

    [Theory]
    [InlineData("postgres://db1/monolith", "names no user; write it like \"postgres://app@db1/monolith\"")]
    [InlineData("postgres://app@db1", "names no database; write it like \"postgres://app@db1/monolith\"")]
    [InlineData("postgres:monolith?user=app", "names no host; write it like \"postgres://app@db1/monolith\"")]
    [InlineData("postgres://app@db1:port/monolith", "has no port after the colon; write it like \"db1:5432\"")]
    [InlineData("postgres://app@db1,db2/monolith", "names several hosts; give one")]
    [InlineData("postgres://app@db1/monolith?tls=on", "key \"tls\" must be one of disable, prefer, require, verify-full")]
    [InlineData("postgres://app@db1/monolith?ca=/no/such.crt", "key \"ca\" names /no/such.crt, which is not there")]
    [InlineData("postgres://app@db1/monolith?pool=1", "key \"pool\" must be a whole number from 2 to 1000")]
    [InlineData("postgres://app@db1/monolith?timeout=5", "key \"timeout\" must be a duration such as 500ms, 30s or 5m")]
    [InlineData("postgres://app@db1/monolith?pgbouncer=yes", "key \"pgbouncer\" must be one of true, false")]
    [InlineData("postgres://app@db1/monolith?migrate=later", "key \"migrate\" must be one of true, false")]
    [InlineData("postgres://app@db1/monolith?password-file=/no/such", "key \"password-file\" names a file that is not there")]
    [InlineData("postgres://app@db1/monolith?password-env=NO_SUCH_VARIABLE", "key \"password-env\" names a variable that is not set")]
    [InlineData(
        "postgres://app:x@db1/monolith?password-env=PATH",
        "gives the password twice; keep one of the URL, \"password-file\" and \"password-env\"")]
    public void Names_every_fault_of_the_url(string text, string expected)
    {
        var faults = new Faults();

        PostgresSettings.Read(AdapterUrl.Parse("Adapters:Store", text, faults)!); // Null only without a scheme.

        Assert.Contains($"Adapters:Store: {expected}", faults.Lines);
    }

    [Theory]
    [InlineData("wrong:x@127.0.0.1:{0}/postgres", "refuses this user")]
    [InlineData("app:wrong@127.0.0.1:{0}/postgres", "refuses this user")]
    [InlineData("app@127.0.0.1:{0}/postgres", "wants a password")]
    [InlineData("app:not%20a%20secret@127.0.0.1:{0}/nowhere", "does not exist")]
    [InlineData("app:not%20a%20secret@127.0.0.1:{0}/postgres?tls=verify-full", "is not trusted")]
    public async Task Says_in_one_line_what_no_waiting_will_mend(string rest, string reason)
    {
        var port = (await PostgresFixture.ServerAsync()).Port;
        await using var store = PostgresFixture.Store(
            "postgres://" + string.Format(CultureInfo.InvariantCulture, rest, port), TimeProvider.System);

        var refused = await Assert.ThrowsAsync<ConfigurationException>(async () => await store.OpenAsync(Cancellation));

        var line = Assert.Single(refused.Lines);
        Assert.Contains(reason, line, StringComparison.Ordinal);
        Assert.DoesNotContain("not a secret", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
    }

    [Theory]
    [InlineData("127.0.0.1:1")]
    [InlineData("no-such-host.invalid")]
    public async Task Says_in_one_line_that_a_server_cannot_be_reached(string host)
    {
        await using var store = PostgresFixture.Store($"postgres://app:x@{host}/monolith?timeout=5s", TimeProvider.System);

        var away = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.OpenAsync(Cancellation));

        Assert.StartsWith("The database ", away.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', away.Message);
        Assert.False(away.IsFull);
    }

    [Fact]
    public async Task Trusts_a_server_whose_certificate_it_was_given()
    {
        var server = await PostgresFixture.ServerAsync();
        var url = PostgresFixture.Url(server.Port, await _databases.CreateAsync()).Replace(
            "tls=disable", $"tls=verify-full&ca={server.Certificate}", StringComparison.Ordinal);
        await using var store = PostgresFixture.Store(url, TimeProvider.System);

        await store.OpenAsync(Cancellation);

        Assert.Equal(0, await store.HeadAsync(Cancellation));
    }

    [Fact]
    public async Task Reads_its_password_from_a_file_at_each_connection()
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, PostgresTestServer.Password + "\n", Cancellation);
            var server = await PostgresFixture.ServerAsync();
            await using var store = PostgresFixture.Store(
                $"postgres://app@127.0.0.1:{server.Port}/{await _databases.CreateAsync()}?tls=disable&pgbouncer=true&password-file={path}",
                TimeProvider.System);

            await store.OpenAsync(Cancellation);

            Assert.Equal(0, await store.HeadAsync(Cancellation));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Refuses_a_schema_that_it_does_not_know_or_may_not_bring_up_to_date()
    {
        var server = await PostgresFixture.ServerAsync();
        var newer = await _databases.CreateAsync();
        await server.ExecuteAsync(newer, "insert into monolith.migrations (number, name, checksum) values (9999, 'later', '')");
        var older = await _databases.CreateAsync();
        await server.ExecuteAsync(older, "delete from monolith.migrations where number > 1");

        var ahead = await Assert.ThrowsAsync<ConfigurationException>(() => _databases.OpenAsync(newer, TimeProvider.System));
        var behind = await Assert.ThrowsAsync<ConfigurationException>(
            () => _databases.OpenAsync(older, TimeProvider.System, "&migrate=false"));

        Assert.Contains("newer version of this program (schema 9999", Assert.Single(ahead.Lines), StringComparison.Ordinal);
        Assert.Contains("run ./run migrate first", Assert.Single(behind.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "update monolith.migrations set checksum = repeat('0', 64) where number = 2",
        "its migration 0002_commit has the checksum 000000000000…")]
    [InlineData("delete from monolith.migrations where number = 2", "lacks the migration 0002_commit")]
    [InlineData("alter table monolith.migrations drop column checksum", "was made before the first release")]
    public async Task Refuses_a_database_that_was_made_by_other_scripts_than_are_shipped(string change, string reason)
    {
        var database = await _databases.CreateAsync();
        await (await PostgresFixture.ServerAsync()).ExecuteAsync(database, change);
        await using var migrating = PostgresFixture.Store(
            PostgresFixture.Url((await PostgresFixture.ServerAsync()).Port, database), TimeProvider.System);

        var opened = await Assert.ThrowsAsync<ConfigurationException>(() => _databases.OpenAsync(database, TimeProvider.System));
        var unmigrated = await Assert.ThrowsAsync<ConfigurationException>(
            () => _databases.OpenAsync(database, TimeProvider.System, "&migrate=false"));
        var migrated = await Assert.ThrowsAsync<ConfigurationException>(() => migrating.MigrateAsync(Cancellation).AsTask());

        Assert.All(
            [opened, unmigrated, migrated], refused => Assert.Contains(reason, Assert.Single(refused.Lines), StringComparison.Ordinal));
        Assert.DoesNotContain('\n', opened.Lines[0]);
    }

    [Fact]
    public async Task Applies_each_script_once_when_nodes_start_at_once_and_remembers_its_checksum()
    {
        var server = await PostgresFixture.ServerAsync();
        var database = await server.CreateDatabaseAsync();
        try
        {
            var nodes = Enumerable.Range(0, 8).Select(
                _ => PostgresFixture.Store(PostgresFixture.Url(server.Port, database), TimeProvider.System)).ToList();

            await Task.WhenAll(nodes.Select(n => Task.Run(async () => await n.OpenAsync(Cancellation), Cancellation)));
            var again = await nodes[0].MigrateAsync(Cancellation);

            Assert.Empty(again);
            var expected = Directory.GetFiles(
                Path.Combine(Repository.Root, "adapters", "Postgres", "Sql"), "*.sql").Order(StringComparer.Ordinal)
                .Select(f => $"{Path.GetFileNameWithoutExtension(f)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f)))}");
            Assert.Equal(string.Join('\n', expected), await server.ReadAsync(
                database, "select string_agg(name || ' ' || checksum, chr(10) order by number) from monolith.migrations"));
            foreach (var node in nodes)
            {
                await node.DisposeAsync();
            }
        }
        finally
        {
            await server.DropDatabaseAsync(database);
        }
    }

    [Fact]
    public async Task Refuses_an_isolation_level_under_which_commits_would_not_see_each_other()
    {
        var database = await _databases.CreateAsync();
        await (await PostgresFixture.ServerAsync()).ExecuteAsync(
            "postgres", $"alter database {database} set default_transaction_isolation = 'repeatable read'");

        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => _databases.OpenAsync(database, TimeProvider.System));

        Assert.Contains("isolation level repeatable read", Assert.Single(refused.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waits_for_the_disk_whatever_the_database_is_set_to()
    {
        var server = await PostgresFixture.ServerAsync();
        var database = await _databases.CreateAsync();
        await server.ExecuteAsync("postgres", $"alter database {database} set synchronous_commit = off");
        // A trigger at the end of the transaction tells what holds when it commits.
        await server.ExecuteAsync(database, """
            create table public.told (value text);
            create function public.tell() returns trigger language plpgsql security definer as
            $$ begin insert into public.told values (current_setting('synchronous_commit')); return null; end $$;
            create constraint trigger tell after insert on monolith.events deferrable initially deferred
                for each row execute function public.tell();
            """);
        var store = await _databases.OpenAsync(database, TimeProvider.System);

        await store.CommittedAsync(TestCommits.Appending(TestCommits.NewStream(), 0));

        Assert.Equal("on", await server.ReadAsync(database, "select string_agg(value, ',') from public.told"));
    }

    [Theory]
    [InlineData("53100", true)]
    [InlineData("57P01", false)]
    [InlineData("40001", false)]
    [InlineData("25006", false)]
    public void Knows_an_outage_and_a_full_disk(string state, bool isFull)
    {
        var faults = new Faults();
        // Null only without a scheme.
        var settings = PostgresSettings.Read(AdapterUrl.Parse("Adapters:Store", "postgres://app@db1/monolith", faults)!);
        var thrown = new PostgresException("what the server says", "ERROR", "ERROR", state);

        Assert.True(PostgresFailure.IsOutage(thrown));
        Assert.Equal(isFull, PostgresFailure.ToUnavailable(thrown, settings).IsFull);
        Assert.StartsWith(
            "The database db1:5432/monolith is not available: ", PostgresFailure.ToUnavailable(thrown, settings).Message,
            StringComparison.Ordinal);
    }
}
