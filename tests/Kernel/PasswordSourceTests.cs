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
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no file here that nobody can read, root neither.");
        const string file = "/proc/self/mem";

        Of(file);

        Assert.Equal("Adapters:Cache: key \"password-file\" names a file that cannot be read", Assert.Single(_faults.Lines));
    }

    private PasswordSource Of(string file) => PasswordSource.Of(AdapterUrl.Parse("Adapters:Cache", $"redis://cache?password-file={file}", _faults)!); // It has a scheme.

    private string FileWith(string content)
    {
        var file = Path.Combine(_folder, "secret");
        File.WriteAllText(file, content);
        return file;
    }
}
