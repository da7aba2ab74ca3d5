using MediatR;
using Monolith.Host;
using Monolith.Users.Contracts;

namespace Monolith.Operations.Tests.Verbs;

/// <summary>Backups of a store that is spread over two files.</summary>
public sealed class ShardedBackupTests : IDisposable
{
    private readonly Place _from = Place.Empty();
    private readonly Place _to = Place.Empty();

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
    }

    [Fact]
    public async Task Are_put_back_whole_or_to_a_time_but_not_to_a_position()
    {
        var factory = new DeploymentFactory();
        await using (var app = factory.Build(SettingsOf(_from), (services, _) => Topology.Spare(services)))
        {
            await factory.OpenAsync(app);
            await using var scope = app.Services.CreateAsyncScope();
            for (var i = 0; i < 16; i++)
            {
                await scope.ServiceProvider.GetRequiredService<IMediator>().Send(
                    new RegisterUser($"ada{i}@example.org", Member.Password, "Ada", "Lovelace"), TestContext.Current.CancellationToken);
            }
        }

        (await RunAsync(_from, "backup", _from.Backup)).Done();

        (await RunAsync(_to, "restore", _from.Backup, "--to", "3")).FailsWith(
            64, "Each of several stores has positions of its own; give a time.");
        Assert.Contains(
            "put back to position 0", (await RunAsync(_to, "restore", _from.Backup, "--to", "2001-01-01")).Done(),
            StringComparison.Ordinal);
        Directory.Delete(_to.PathOf(""), recursive: true);
        var restored = (await RunAsync(_to, "restore", _from.Backup)).Done();

        Assert.DoesNotContain("put back", restored, StringComparison.Ordinal);
        Assert.StartsWith("0 findings", (await RunAsync(_to, "verify")).Done(), StringComparison.Ordinal);
        Assert.StartsWith("0 findings", (await RunAsync(_to, "verify", _from.Backup)).Done(), StringComparison.Ordinal);
        foreach (var file in new[] { "a.db", "b.db" })
        {
            Assert.NotEmpty(_from.Read("select name from streams", file));
            Assert.Equal(
                _from.Read("select name from streams order by name", file), _to.Read("select name from streams order by name", file));
        }
    }

    private static Task<Run> RunAsync(Place place, params string[] words) => Printed.RunAsync([.. SettingsOf(place), .. words]);

    private static IReadOnlyList<string> SettingsOf(Place place) =>
    [
        $"Adapters:Store:a=sqlite:{place.PathOf("a.db")}", $"Adapters:Store:b=sqlite:{place.PathOf("b.db")}",
        $"Adapters:Blobs=file:{place.PathOf("blobs")}", $"Adapters:Mail=file:{place.PathOf("mail")}", "Logging:LogLevel:Default=None",
    ];
}
