namespace Monolith.Kernel.Tests.Adapters;

/// <summary>The hosts and ports of an adapter's URL.</summary>
public sealed class AdapterHostsTests
{
    private const string Example = "postgres://db1/monolith";

    private readonly Faults _faults = new();

    [Theory]
    [InlineData("x://db1/d", "db1:5432")]
    [InlineData("x://db1:6000/d", "db1:6000")]
    [InlineData("x://db1:1,db2:65535/d", "db1:1 db2:65535")]
    [InlineData("x://app:secret@db1,db2:6000/d", "db1:5432 db2:6000")]
    [InlineData("x://user@of@db1/d", "db1:5432")]
    [InlineData("x://[::1]/d", "::1:5432")]
    [InlineData("x://[::1]:6000,[fe80::2]/d", "::1:6000 fe80::2:5432")]
    public void Are_read_one_by_one(string text, string hosts)
    {
        Assert.Equal(hosts, string.Join(' ', Hosts(text).Select(h => $"{h.Host}:{h.Port}")));
        Assert.Empty(_faults.Lines);
    }

    [Theory]
    [InlineData("x:db1", "names no host")]
    [InlineData("x:///d", "names no host")]
    [InlineData("x://:6000/d", "names no host")]
    [InlineData("x://[]/d", "names no host")]
    [InlineData("x://db1:/d", "has no port after the colon; write it like \"db1:5432\"")]
    [InlineData("x://db1:0/d", "has no port after the colon")]
    [InlineData("x://db1:65536/d", "has no port after the colon")]
    [InlineData("x://db1:-1/d", "has no port after the colon")]
    [InlineData("x://db1:port/d", "has no port after the colon")]
    [InlineData("x://[::1]:/d", "has no port after the colon; write it like \"::1:5432\"")]
    public void Become_a_fault_where_there_is_none(string text, string fault)
    {
        Assert.Empty(Hosts(text));

        Assert.Contains(fault, Assert.Single(_faults.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Are_kept_where_another_one_is_wrong()
    {
        Assert.Equal([("db1", 5432), ("db3", 7)], Hosts("x://db1,db2:no,,db3:7/d"));

        Assert.Equal(2, _faults.Lines.Count);
    }

    [Theory]
    [InlineData("memory:", "memory:")]
    [InlineData("sqlite:data/store.db?cache=64MB", "sqlite:data/store.db?cache=64MB")]
    [InlineData("redis://cache:6379", "redis://cache:6379/")]
    [InlineData("redis://:pa55@cache", "redis://cache/")]
    [InlineData("redis://app:pa55@cache/0?password=pa55&a=b", "redis://app@cache/0?password=…&a=b")]
    public void Are_printed_without_what_is_secret(string text, string printed) => Assert.Equal(printed, Parse(text).ToString());

    [Theory]
    [InlineData("secret", true)]
    [InlineData("clientSecretFile", true)]
    [InlineData("Password", true)]
    [InlineData("apiTOKEN", true)]
    [InlineData("passphrase", true)]
    [InlineData("accessKey", true)]
    [InlineData("keyspace", false)]
    [InlineData("region", false)]
    public void A_key_tells_by_its_name_whether_its_value_may_be_printed(string key, bool isSecret) =>
        Assert.Equal(isSecret, AdapterUrl.SoundsSecret(key));

    private AdapterUrl Parse(string text) => AdapterUrl.Parse("Adapters:Store", text, _faults)!; // Each of these has a scheme.

    private IReadOnlyList<(string Host, int Port)> Hosts(string text) => Parse(text).Hosts(5432, Example);
}
