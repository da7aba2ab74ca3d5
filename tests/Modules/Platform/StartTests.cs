using Monolith.Host;
using Monolith.Kernel.Adapters;
using Monolith.Kernel.Ports;

namespace Monolith.Modules.Tests.Platform;

public sealed class StartTests(App app) : IClassFixture<App>
{
    [Fact]
    public async Task A_second_host_on_the_same_data_is_refused()
    {
        await using var second = Application.Build(
            ["--urls=http://127.0.0.1:0", .. Topology.Settings(app.Directory), "--Logging:LogLevel:Default=Warning"], Catalog.Modules);

        var exception = await Assert.ThrowsAsync<StoreInUseException>(() => Application.OpenAsync(second));

        Assert.Contains(app.Directory, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_of_adapters_roles_and_modules_come_out_together()
    {
        var exception = Assert.Throws<ConfigurationException>(() => Application.Build(
            ["--Adapters:Cache=reddis://x", "--Roles=wroker", "--Sessions:AbsoluteTimeout=soon", "--Sessions:IdleTimout=1"], Catalog.Modules));

        Assert.Equal(4, exception.Lines.Count);
        Assert.Contains("Roles: unknown role \"wroker\"; did you mean \"worker\"?", exception.Lines);
        Assert.Contains("Sessions:IdleTimout: unknown key \"IdleTimout\"; did you mean \"IdleTimeout\"?", exception.Lines, StringComparer.OrdinalIgnoreCase);
    }
}
