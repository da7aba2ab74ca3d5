namespace Monolith.Kernel.Tests;

public sealed class PasswordSourceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;
    private readonly Faults _faults = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Reads_a_file_each_time_without_the_end_of_its_line()
    {
        var source = Of(FileWith("first\n"));
        Assert.Equal("first", source.Read());

        FileWith("second\r\n");

        Assert.Equal("second", source.Read());
        Assert.Empty(_faults.Lines);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    public void Makes_a_fault_of_a_file_that_holds_nothing(string content)
    {
        Of(FileWith(content));

        Assert.Equal("Adapters:Cache: key \"password-file\" names a file that is empty", Assert.Single(_faults.Lines));
    }

    [Fact]
    public void Makes_a_fault_of_a_file_that_is_not_there()
    {
        Of(Path.Combine(_folder, "none"));

        Assert.Equal("Adapters:Cache: key \"password-file\" names a file that is not there", Assert.Single(_faults.Lines));
    }

    [Fact]
    public void Makes_a_fault_of_a_file_that_cannot_be_read()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no file here that no user can read, root neither.");
        const string Unreadable = "/proc/self/mem";

        Of(Unreadable);

        Assert.Equal("Adapters:Cache: key \"password-file\" names a file that cannot be read", Assert.Single(_faults.Lines));
    }

    [Theory]
    [InlineData("redis://cache", null)]
    [InlineData("redis://app@cache", null)]
    [InlineData("redis://app:@cache", null)]
    [InlineData("redis://app:s%40cret@cache", "s@cret")]
    [InlineData("redis://:secret@cache", "secret")]
    [InlineData("redis://cache?password-env=MONOLITH_TEST_PASSWORD", "of the environment")]
    public void Takes_the_one_password_that_is_given(string url, string? password)
    {
        Environment.SetEnvironmentVariable("MONOLITH_TEST_PASSWORD", "of the environment");

        var source = OfUrl(url);

        Assert.Equal((password, password is not null), (source.Read(), source.IsGiven));
        Assert.DoesNotContain("secret", source.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Empty(_faults.Lines);
    }

    [Theory]
    [InlineData("redis://app:secret@cache?password-env=PATH")]
    [InlineData("redis://app:secret@cache?password-file=/etc/hostname")]
    [InlineData("redis://cache?password-file=/etc/hostname&password-env=PATH")]
    public void Makes_a_fault_of_a_password_that_is_given_twice(string url)
    {
        OfUrl(url);

        Assert.StartsWith("Adapters:Cache: gives the password twice", _faults.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Makes_a_fault_of_a_variable_that_is_not_set()
    {
        Assert.False(OfUrl("redis://cache?password-env=MONOLITH_TEST_NOT_SET").IsGiven);

        Assert.Equal("Adapters:Cache: key \"password-env\" names a variable that is not set", Assert.Single(_faults.Lines));
    }

    [Fact]
    public void Fails_where_its_file_went_after_the_start()
    {
        var source = Of(FileWith("first"));
        File.Delete(Path.Combine(_folder, "secret"));

        Assert.True(source.IsGiven);
        Assert.ThrowsAny<IOException>(source.Read);
    }

    private PasswordSource Of(string file) => OfUrl($"redis://cache?password-file={file}");

    private PasswordSource OfUrl(string url) => PasswordSource.Of(AdapterUrl.Parse("Adapters:Cache", url, _faults)!); // It has a scheme.

    private string FileWith(string content)
    {
        var file = Path.Combine(_folder, "secret");
        File.WriteAllText(file, content);
        return file;
    }
}
