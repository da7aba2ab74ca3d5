using Microsoft.AspNetCore.Builder;
using Monolith.Host;

namespace Monolith.Modules.Tests.Platform;

[Trait("host", "none")]
public sealed class StartTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("monolith-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_second_host_on_the_same_file_is_refused()
    {
        await using var first = Build();
        await Application.OpenAsync(first);
        await using var second = Build();

        var exception = await Assert.ThrowsAsync<StoreInUseException>(() => Application.OpenAsync(second));

        Assert.Contains(_directory, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_of_adapters_roles_and_modules_come_out_together()
    {
        var exception = Assert.Throws<ConfigurationException>(() => Application.Build(
            ["--Adapters:Cache=reddis://x", "--Roles=wroker", "--Sessions:AbsoluteTimeout=soon", "--Sessions:IdleTimout=1"],
            Catalog.Modules));

        Assert.Equal(4, exception.Lines.Count);
        Assert.Contains("Roles: unknown role \"wroker\"; did you mean \"worker\"?", exception.Lines);
        Assert.Contains(
            "Sessions:IdleTimout: unknown key \"IdleTimout\"; did you mean \"IdleTimeout\"?", exception.Lines,
            StringComparer.OrdinalIgnoreCase);
    }

    private WebApplication Build() => Application.Build(
        ["--urls=http://127.0.0.1:0", $"--Adapters:Store=sqlite:{_directory}/store.db", "--Logging:LogLevel:Default=Warning"],
        Catalog.Modules);
}
