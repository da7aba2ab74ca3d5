using Monolith.Operations.Backups;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Tests.Backups;

public sealed class BackupKeyTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Is_none_where_none_is_configured() => Assert.Null(Read());

    [Fact]
    public void Is_read_from_a_file_without_the_line_break_at_its_end()
    {
        File.WriteAllText(_file, "a passphrase of ünusual length\r\n");

        Assert.Equal("a passphrase of ünusual length"u8.ToArray(), Read(("KeyFile", _file)));
        Assert.Equal(Read(("Passphrase", "a passphrase of ünusual length")), Read(("KeyFile", _file)));
    }

    [Fact]
    public void Is_that_of_the_file_where_both_are_given()
    {
        File.WriteAllText(_file, "the one in the file");

        Assert.Equal("the one in the file"u8.ToArray(), Read(("KeyFile", _file), ("Passphrase", "the one in the environment")));
    }

    [Theory]
    [InlineData("Passphrase", "eleven byte", 11)]
    [InlineData("Passphrase", "x", 1)]
    [InlineData("KeyFile", "eleven byte\n", 11)]
    [InlineData("KeyFile", "  \n", 0)]
    [InlineData("KeyFile", "", 0)] // a file that was not filled in is no reason to leave a backup open
    public void Has_twelve_bytes_or_more(string setting, string secret, int length)
    {
        File.WriteAllText(_file, secret);

        var refused = Assert.Throws<VerbFailedException>(() => Read((setting, setting == "KeyFile" ? _file : secret)));

        Assert.Equal($"The key of backups has {length} bytes, and needs 12 or more.", refused.Message);
    }

    [Theory]
    [InlineData("/no/such/file")]
    [InlineData("/tmp")]
    public void Says_in_one_line_that_its_file_cannot_be_read(string path)
    {
        var refused = Assert.Throws<VerbFailedException>(() => Read(("KeyFile", path)));

        Assert.StartsWith("Backup:KeyFile cannot be read: ", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void Opens_what_was_sealed_with_it_and_tells_another_one_at_once()
    {
        var (seal, key) = BackupKey.New("the right passphrase"u8.ToArray());

        Assert.Equal(key, BackupKey.Open("the right passphrase"u8.ToArray(), seal));
        Assert.Equal(
            "This backup was sealed with another key.",
            Assert.Throws<VerbFailedException>(() => BackupKey.Open("the wrong passphrase"u8.ToArray(), seal)).Message);
        Assert.StartsWith(
            "This backup is sealed; give the key",
            Assert.Throws<VerbFailedException>(() => BackupKey.Open(null, seal)).Message, StringComparison.Ordinal);
        Assert.Null(BackupKey.Open("the right passphrase"u8.ToArray(), seal: null));
    }

    [Fact]
    public void Gives_another_key_to_each_series_of_the_same_passphrase()
    {
        var (first, second) = (BackupKey.New("one and the same"u8.ToArray()), BackupKey.New("one and the same"u8.ToArray()));

        Assert.NotEqual(first.Key, second.Key);
        Assert.NotEqual(first.Seal.Check, second.Seal.Check);
    }

    private static byte[]? Read(params IEnumerable<(string Key, string Value)> settings) => BackupKey.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>($"Backup:{s.Key}", s.Value))).Build());
}
