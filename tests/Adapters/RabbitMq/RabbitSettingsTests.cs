using Monolith.Adapters.RabbitMq;

namespace Monolith.Adapters.Tests.RabbitMq;

[Collection(RabbitFixture.Collection)]
public sealed class RabbitSettingsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("amqp:", "names no host; write it like \"amqp://app@mq:5672\"")]
    [InlineData("amqp:mq", "names no host; write it like \"amqp://app@mq:5672\"")]
    [InlineData("amqps://", "names no host; write it like \"amqps://app@mq:5671\"")]
    [InlineData("amqp://mq:port", "has no port after the colon; write it like \"mq:5672\"")]
    [InlineData("amqp://mq1,mq2:0", "has no port after the colon; write it like \"mq2:5672\"")]
    [InlineData("amqp://app@mq", "names the user app and no password; give it as \"password-file\" or \"password-env\"")]
    [InlineData("amqp://:secret@mq", "gives a password and no user; write it like \"amqp://app@mq:5672\"")]
    [InlineData(
        "amqp://app:x@mq?password-file=/etc/hostname",
        "gives the password twice; keep one of the URL, \"password-file\" and \"password-env\"")]
    [InlineData("amqp://app@mq?password-file=/no/such", "key \"password-file\" names a file that is not there")]
    [InlineData("amqps://mq?ca=/no/such.crt", "key \"ca\" names /no/such.crt, which is not there")]
    [InlineData("amqp://mq?ca=/etc/hostname", "key \"ca\" is for TLS; write it like \"amqps://\"")]
    [InlineData(
        "amqp://mq?queues=a/b",
        "key \"queues\" must be what the names of queues begin with: up to 60 letters, digits, dots, hyphens and underscores")]
    [InlineData("amqp://mq?window=0", "key \"window\" must be a whole number from 1 to 1000000")]
    [InlineData("amqp://mq?lease=30", "key \"lease\" must be a duration such as 500ms, 30s or 5m")]
    [InlineData("amqp://mq?timeout=soon", "key \"timeout\" must be a duration such as 500ms, 30s or 5m")]
    public void Says_in_one_line_what_is_wrong_with_a_url(string url, string fault)
    {
        var faults = new Faults();

        RabbitSettings.Read(AdapterUrl.Parse("Adapters:Queue", url, faults)!); // Null only without a scheme.

        Assert.Equal($"Adapters:Queue: {fault}", Assert.Single(faults.Lines));
    }

    [Theory]
    [InlineData("amqp://mq", "/")]
    [InlineData("amqp://mq/", "/")]
    [InlineData("amqp://mq/team", "team")]
    [InlineData("amqp://mq/%2Fteam", "/team")]
    public void Reads_the_virtual_host(string url, string host) => Assert.Equal(host, RabbitNode.SettingsOf(url).VirtualHost);

    [Fact]
    public async Task Connects_over_TLS_to_whom_it_trusts()
    {
        var server = await RabbitFixture.ServerAsync();
        var url = $"amqps://127.0.0.1:{server.TlsPort}{RabbitFixture.OwnQueues()}";

        await using var shards = TestShards.Over(new MemoryStore(TimeProvider.System));
        await using var trusting = await new RabbitNode($"{url}&ca={server.Certificate}", shards, TimeProvider.System, "job").StartAsync();
        await FailsAsync(url, shards, "its certificate is not trusted");
    }

    [Fact]
    public async Task Connects_to_the_host_that_is_there_of_several_by_a_password_from_a_file()
    {
        var server = await RabbitFixture.ServerAsync();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "guest\n", Cancellation);
        await using var shards = TestShards.Over(new MemoryStore(TimeProvider.System));

        await using var node = await new RabbitNode(
            $"amqp://guest@127.0.0.1:1,127.0.0.1:{server.Port}{RabbitFixture.OwnQueues()}&password-file={file}", shards,
            TimeProvider.System, "job").StartAsync();

        File.Delete(file);
    }

    [Fact]
    public async Task Says_why_the_broker_is_of_no_use()
    {
        var server = await RabbitFixture.ServerAsync();
        await using var shards = TestShards.Over(new MemoryStore(TimeProvider.System));

        await FailsAsync($"amqp://app:wrong@127.0.0.1:{server.Port}", shards, "it refuses the user or the password");
        await FailsAsync($"amqp://127.0.0.1:{server.Port}/nowhere", shards, "it has no virtual host \"nowhere\" for this user");
        await FailsAsync("amqp://127.0.0.1:1", shards, "it cannot be reached");
        await FailsAsync($"amqps://127.0.0.1:{server.Port}", shards, "it speaks no TLS, or another version of it");
    }

    [Fact]
    public async Task Needs_no_more_rights_than_its_page_names()
    {
        var server = await RabbitFixture.ServerAsync();
        await server.ControlAsync("add_user", "monolith", "not-a-secret");
        await server.ControlAsync(
            "set_permissions", "-p", "/", "monolith", @"^monolith\.", @"^(monolith\..*|amq\.default)$", @"^monolith\.");
        await using var shards = TestShards.Over(new MemoryStore(TimeProvider.System));

        await using var node = await new RabbitNode(
            $"amqp://monolith:not-a-secret@127.0.0.1:{server.Port}", shards, TimeProvider.System, "job").StartAsync();
        await node.ArriveAsync("job", 0);
        await FailsAsync($"amqp://monolith:not-a-secret@127.0.0.1:{server.Port}?queues=other", shards,
            "it allows this user too little: the right to configure, write and read queues whose names begin with \"other.\" is needed");
    }

    private static async Task FailsAsync(string url, Shards shards, string reason)
    {
        await using var node = new RabbitNode(url, shards, TimeProvider.System, "job");
        await node.Relay.StartAsync(Cancellation);
        await Eventually.IsSoAsync(() => node.Relay.Fault == reason, () => node.Relay.Fault);
        Assert.EndsWith($": {reason}", node.Queue.Fault, StringComparison.Ordinal);
    }
}
