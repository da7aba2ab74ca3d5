using System.Text;
using Monolith.Adapters.Redis;
using StackExchange.Redis;

namespace Monolith.Adapters.Tests.Redis;

public sealed class RedisLinkTests : IAsyncDisposable
{
    private readonly RedisLinks _links = new();
    private readonly List<RedisTestServer> _servers = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _links.DisposeAsync();
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("redis:", "names no host; write it like \"redis://cache:6379\"")]
    [InlineData("redis:cache:6379", "names no host; write it like \"redis://cache:6379\"")]
    [InlineData("rediss://", "names no host; write it like \"rediss://cache:6379\"")]
    [InlineData("redis://cache:port", "has no port after the colon; write it like \"cache:6379\"")]
    [InlineData("redis://cache:0", "has no port after the colon; write it like \"cache:6379\"")]
    [InlineData("redis://s1,s2:x?sentinel=group", "has no port after the colon; write it like \"s2:26379\"")]
    [InlineData("redis://c1,c2", "names several hosts; add \"cluster=true\", or \"sentinel=\" with the name of the group that they watch")]
    [InlineData("redis://c1,c2?cluster=true&sentinel=group", "has both \"sentinel\" and \"cluster\"; a cluster needs no sentinels")]
    [InlineData("redis://cache/monolith", "names the database \"monolith\"; a database of Redis is a number, 0 for the first")]
    [InlineData("redis://c1,c2/1?cluster=true", "names a database; a cluster has only the first")]
    [InlineData("redis://app@cache", "names the user app and no password; add \"password-file\" or \"password-env\"")]
    [InlineData("redis://cache?cluster=yes", "key \"cluster\" must be one of true, false")]
    [InlineData("redis://cache?timeout=5", "key \"timeout\" must be a duration such as 500ms, 30s or 5m")]
    [InlineData("rediss://cache?ca=/no/such.crt", "key \"ca\" names /no/such.crt, which is not there")]
    [InlineData("redis://cache?ca=/etc/hostname", "key \"ca\" is for TLS; write it like \"rediss://\"")]
    [InlineData("redis://cache?password-file=/no/such", "key \"password-file\" names a file that is not there")]
    [InlineData(
        "redis://:x@cache?password-env=PATH", "gives the password twice; keep one of the URL, \"password-file\" and \"password-env\"")]
    public void Names_every_fault_of_the_url(string text, string expected)
    {
        var faults = new Faults();

        RedisSettings.Read(AdapterUrl.Parse("Adapters:Cache", text, faults)!); // Null only without a scheme.

        Assert.Contains($"Adapters:Cache: {expected}", faults.Lines);
        Assert.All(faults.Lines, line => Assert.DoesNotContain(":x@", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("redis://127.0.0.1:1", "it cannot be reached")]
    [InlineData("redis://no-such-host.invalid", "it cannot be reached")]
    [InlineData("redis://127.0.0.1:1?sentinel=group", "no sentinel can be reached")]
    public async Task Says_in_one_line_that_a_server_cannot_be_reached(string url, string reason) => await SaysAsync(url, reason);

    [Theory]
    [InlineData("", "it wants a password; give it as \"password-file\" or \"password-env\"")]
    [InlineData(":wrong@", "it refuses the password")]
    [InlineData("default:wrong@", "it refuses the password")]
    public async Task Says_in_one_line_that_a_password_is_missing_or_wrong(string password, string reason)
    {
        var server = await StartAsync("--requirepass", "right");

        await SaysAsync($"redis://{password}127.0.0.1:{server.Port}", reason);
    }

    [Fact]
    public async Task Says_in_one_line_what_else_is_not_as_the_url_has_it()
    {
        var server = await StartAsync();
        var clustered = (await RedisCluster.ServersAsync())[0];

        await SaysAsync(server.Url("?cluster=true"), "it is no cluster; leave out \"cluster=true\"");
        await SaysAsync(clustered.Url(), "it is a cluster; add \"cluster=true\"");
        await SaysAsync(server.Url("/99"), "it has no such database");
        await SaysAsync(server.Url().Replace("redis:", "rediss:", StringComparison.Ordinal), "it cannot be reached, or speaks no TLS");
    }

    [Fact]
    public async Task Gives_the_password_that_the_server_wants_and_reads_a_file_at_each_connection()
    {
        var server = await StartAsync("--requirepass", "right");
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "wrong\n", Cancellation);
            var link = await SaysAsync($"redis://127.0.0.1:{server.Port}?password-file={path}", "it refuses the password");

            await File.WriteAllTextAsync(path, "right\n", Cancellation);

            await Eventually.IsSoAsync(() => link.Fault is null, () => link.Fault);
            await UseAsync($"redis://default:right@127.0.0.1:{server.Port}/2");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Logs_in_with_the_password_that_the_file_has_when_a_connection_is_lost()
    {
        var server = await StartAsync();
        await server.AskAsync("ACL", "SETUSER", "monolith", "on", ">old", "~*", "+@all");
        await server.AskAsync("ACL", "SETUSER", "default", "resetkeys", "-@all", "+acl", "+client|kill"); // as which the test asks
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "old\n", Cancellation);
            var (_, link) = await _links.CacheAsync($"redis://monolith@127.0.0.1:{server.Port}?password-file={path}");

            await server.AskAsync("ACL", "SETUSER", "monolith", "resetpass", ">new");
            await server.AskAsync("CLIENT", "KILL", "USER", "monolith");
            await Eventually.IsSoAsync(
                () => link.Fault?.EndsWith("it refuses the user or the password", StringComparison.Ordinal) == true, () => link.Fault);
            await File.WriteAllTextAsync(path, "new\n", Cancellation);

            await Eventually.IsSoAsync(() => link.Fault is null, () => link.Fault);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Believes_no_answer_over_another_connection_before_those_who_asked_for_it_know_of_the_loss()
    {
        var server = await StartAsync();
        var (link, returned) = (_links.Link(server.Url()), 0);
        link.Returning = _ =>
        {
            Interlocked.Increment(ref returned);
            return default;
        };
        await link.StartAsync(Cancellation);
        for (var round = 0; round < 50; round++)
        {
            await Eventually.IsSoAsync(() => link.Fault is null, () => link.Fault);
            var before = Volatile.Read(ref returned);
            await server.AskAsync("CLIENT", "KILL", "TYPE", "normal");
            await server.AskAsync("SET", "round", $"{round}");

            for (var answer = RedisValue.Null; answer != round; await Task.Yield())
            {
                (_, answer) = await link.TryAsync(database => database.StringGetAsync("round"), Cancellation);
                Cancellation.ThrowIfCancellationRequested();
            }

            Assert.True(Volatile.Read(ref returned) > before);
        }
    }

    [Fact]
    public async Task Speaks_TLS_with_a_server_whose_certificate_it_was_given_and_with_no_other()
    {
        var folder = Directory.CreateTempSubdirectory("monolith-tls-").FullName;
        try
        {
            var (certificate, key) = (Path.Combine(folder, "server.crt"), Path.Combine(folder, "server.key"));
            TestCertificate.Write(certificate, key);
            var server = await StartAsync(
                "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no", "--tls-port", "0");
            var port = FreePort.Next();
            await server.AskAsync("CONFIG", "SET", "tls-port", $"{port}");

            await UseAsync($"rediss://127.0.0.1:{port}?ca={certificate}");
            await SaysAsync($"rediss://127.0.0.1:{port}", "its certificate is not trusted");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Follows_the_sentinels_to_another_master()
    {
        var master = await StartAsync();
        var replica = await StartAsync("--replicaof", "127.0.0.1", $"{master.Port}", "--repl-diskless-sync-delay", "0");
        await Eventually.IsSoAsync(
            async () => (await replica.AskAllAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal));
        var sentinel = await RedisTestServer.WatchAsync(master);
        _servers.Add(sentinel);
        await Eventually.IsSoAsync(async () =>
            (await sentinel.AskAllAsync("SENTINEL", "MASTER", "group")).Contains("num-slaves\r\n$1\r\n1", StringComparison.Ordinal));
        await SaysAsync(sentinel.Url("?sentinel=grupo"), "the sentinels know no group \"grupo\"");
        await SaysAsync(replica.Url(), "it is a replica, which takes no writes");
        var (cache, link) = await _links.CacheAsync($"redis://127.0.0.1:1,127.0.0.1:{sentinel.Port}?sentinel=group");
        await cache.EvictAsync("t", new LogPosition(0, 5), Cancellation);

        master.Kill();
        await Eventually.IsSoAsync(() => link.Fault is not null);
        await Eventually.IsSoAsync(() => link.Fault is null, () => link.Fault);

        await cache.SetAsync("k", new CacheEntry([1], new LogPosition(0, 5), ["t"]), TimeSpan.FromHours(1), Cancellation);
        Assert.NotNull(await cache.GetAsync("k", Cancellation));
        Assert.Equal(":1", await replica.AskAsync("EXISTS", "monolith:c:k"));
    }

    [Fact]
    public async Task Goes_on_with_the_other_servers_of_a_cluster_when_one_is_lost()
    {
        var cluster = await RedisCluster.StartAsync("--cluster-require-full-coverage", "no");
        _servers.AddRange(cluster);
        var link = _links.Link(RedisCluster.Url(cluster, "&timeout=10m"));
        await link.StartAsync(Cancellation);
        await Eventually.IsSoAsync(async () => await AnsweredAsync() == 60, () => link.Fault);

        cluster[1].Kill();

        await Eventually.IsSoAsync(async () => await AnsweredAsync() is > 0 and < 60, () => link.Fault);

        async Task<int> AnsweredAsync()
        {
            var asked = Enumerable.Range(0, 60).Select(
                i => link.TryAsync(database => database.StringSetAsync($"k{i}", i, flags: link.Flags), Cancellation).AsTask());
            return (await Eventually.ComesAsync(Task.WhenAll(asked))).Count(answer => answer.IsAnswered);
        }
    }

    private async Task<RedisTestServer> StartAsync(params string[] settings)
    {
        var server = await RedisLinks.ServerAsync(settings);
        _servers.Add(server);
        return server;
    }

    private async Task<RedisLink> SaysAsync(string url, string reason)
    {
        var link = _links.Link(url);
        await link.StartAsync(Cancellation);
        await Eventually.IsSoAsync(() => link.Fault?.EndsWith($": {reason}", StringComparison.Ordinal) == true, () => link.Fault);
        Assert.StartsWith("Redis ", link.Fault, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong@", link.Fault, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', link.Fault!); // see above
        return link;
    }

    private async Task UseAsync(string url)
    {
        var (cache, _) = await _links.CacheAsync(url);
        await cache.SetAsync(
            "k", new CacheEntry(Encoding.UTF8.GetBytes("a"), new LogPosition(0, 1), []), TimeSpan.FromHours(1), Cancellation);
        Assert.NotNull(await cache.GetAsync("k", Cancellation));
    }
}
