using Microsoft.Extensions.DependencyInjection;
using Monolith.Adapters.Wolverine;
using Monolith.Adapters.WolverineKafka;

namespace Monolith.Adapters.Tests.Wolverine;

public sealed class FeedUrlTests
{
    [Theory]
    [InlineData("amqp://mq")]
    [InlineData("amqp://app:secret@mq1,mq2:5673/team?exchange=feed&queues=crm,billing&timeout=2s")]
    [InlineData("amqps://mq")]
    [InlineData("kafka://k1")]
    [InlineData("kafka://k1:9092,k2:9093?topic=feed&timeout=2s")]
    [InlineData("kafkas://app:secret@k1?sasl=scram-sha-512")]
    public void Takes_what_can_be_right(string url) => Assert.Empty(FaultsOf(url));

    [Theory]
    [InlineData("amqp://", "names no host; write it like \"amqp://app@mq:5672\"")]
    [InlineData("amqp://app@mq", "names the user app and no password")]
    [InlineData("amqp://mq?ca=/none", "key \"ca\" is for TLS; write it like \"amqps://\"")]
    [InlineData("amqp://mq?exchange=a/b", "key \"exchange\" must be a name")]
    [InlineData("amqp://mq?queues=a,b/c", "key \"queues\" must be names")]
    [InlineData("amqp://mq?exchnge=a", "unknown key \"exchnge\"; did you mean \"exchange\"?")]
    [InlineData("amqp://mq?window=5", "unknown key \"window\"")]
    [InlineData("kafka://", "names no host; write it like \"kafka://k1:9092,k2:9092?topic=monolith.feed\"")]
    [InlineData("kafka://k1/feed", "has a path; name the topic by the key \"topic\"")]
    [InlineData("kafka://k1?topic=a/b", "key \"topic\" must be a name")]
    [InlineData("kafka://k1?topik=a", "unknown key \"topik\"; did you mean \"topic\"?")]
    [InlineData("kafka://app@k1", "gives one of user and password")]
    [InlineData("kafka://k1?sasl=plain", "key \"sasl\" is for a log-in")]
    [InlineData("kafkas://app:secret@k1?sasl=md5", "key \"sasl\" must be one of plain, scram-sha-256, scram-sha-512")]
    [InlineData("kafka://k1?ca=/none", "key \"ca\" is for TLS; write it like \"kafkas://\"")]
    [InlineData("kafka://k1?timeout=x", "key \"timeout\" must be a duration")]
    [InlineData("kafak://k1", "unknown scheme \"kafak\"; did you mean \"kafka\"?")]
    public void Says_what_is_wrong(string url, string fault) => Assert.Contains(
        FaultsOf(url), line => line.StartsWith($"Adapters:Feed: {fault}", StringComparison.Ordinal));

    [Theory]
    [InlineData("amqp://app:pa55word@mq?exchange=/")]
    [InlineData("kafka://app:pa55word@k1?topic=/")]
    public void Says_no_password(string url) =>
        Assert.DoesNotContain(FaultsOf(url), line => line.Contains("pa55", StringComparison.Ordinal));

    private static IReadOnlyList<string> FaultsOf(string url)
    {
        var faults = new Faults();
        var configuration = new Microsoft.Extensions.Configuration.ConfigurationManager { ["Adapters:Feed"] = url };
        new ServiceCollection().AddAdapters(configuration, [new RabbitFeedAdapter(), new KafkaFeedAdapter()], faults);
        return [.. faults.Lines.Where(line => line.StartsWith("Adapters:Feed:", StringComparison.Ordinal))];
    }
}
