namespace Monolith.EndToEnd.Tests;

public sealed class HostProcessTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Becomes_ready_and_ends_well_when_asked()
    {
        using var host = await HostProcess.StartAsync(folder, [], Cancelled);

        Assert.Equal(0, await host.StopAsync(Cancelled));
    }

    [Fact]
    public async Task Starts_again_on_the_same_folder_after_a_kill()
    {
        using (var host = await HostProcess.StartAsync(folder, [], Cancelled))
        {
            host.Kill();

            Assert.Equal(128 + 9, await host.ExitAsync(Cancelled));
        }

        using var again = await HostProcess.StartAsync(folder, [], Cancelled);

        Assert.Equal(0, await again.StopAsync(Cancelled));
    }

    [Fact]
    public async Task Shows_what_the_host_wrote_when_it_refuses_to_start()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => HostProcess.StartAsync(folder, ["Adapters:Cache=reddis://x"], Cancelled));

        Assert.Contains("reddis", error.Message, StringComparison.Ordinal);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;
}
