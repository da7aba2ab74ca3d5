using Monolith.EndToEnd.Tests;

namespace Monolith.Modules.Tests;

/// <summary>Two web nodes and a worker as processes of their own, on two shards, behind a real HAProxy: the configuration of <c>deploy/</c>.</summary>
internal sealed class SharedDeployment : ISharedDeployment, IDisposable
{
    private readonly List<HostProcess> _nodes = [];
    private Balancer? _balancer;

    /// <inheritdoc />
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("monolith-").FullName;

    /// <inheritdoc />
    public Uri Address => _balancer!.Http.BaseAddress!; // Both are there once it is started.

    /// <inheritdoc />
    public IReadOnlyList<Uri> Nodes => [.. _nodes.Select(n => n.Address)];

    /// <inheritdoc />
    // The link of the last start is the one that holds; workers show none.
    public string Invitation => _nodes[1].Output.Split("token=")[1].Split('\n')[0].Trim();

    /// <summary>Starts all of it.</summary>
    /// <param name="settings">From its directory to the settings of the adapters.</param>
    public static async Task<SharedDeployment> StartAsync(Func<string, Task<IReadOnlyList<string>>> settings)
    {
        var deployment = new SharedDeployment();
        try
        {
            IReadOnlyList<string> common =
            [
                .. await settings(deployment.Directory),
                $"--Adapters:Blobs=file:{deployment.Directory}/blobs",
                $"--Adapters:Mail=file:{deployment.Directory}/mail",
                "--TrustedProxies=127.0.0.1",
            ];
            foreach (var role in new[] { "web", "web", "worker" })
            {
                deployment._nodes.Add(await HostProcess.StartAsync(deployment.Directory, [.. common, $"--Roles={role}"], CancellationToken.None));
            }

            var web = deployment._nodes.Take(2).Select(n => n.Address.Port).ToList();
            deployment._balancer = await Balancer.StartAsync(deployment.Directory, web, CancellationToken.None);
            return deployment;
        }
        catch
        {
            deployment.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _balancer?.Dispose();
        _nodes.ForEach(n => n.Dispose());
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
