using Microsoft.Extensions.DependencyInjection;
using Monolith.Users.Passwords;

namespace Monolith.Support;

/// <summary>
/// What the modules are tested on: one line of configuration each, and not one of the tests knows which. <c>MONOLITH_TOPOLOGY</c> names it;
/// <c>./test</c> runs this project once for each line of the file <c>topologies</c>.
/// </summary>
internal static class Topology
{
    public const string Variable = "MONOLITH_TOPOLOGY";

    private const string Embedded = "embedded";

    private static readonly string _name = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } name ? name : Embedded;

    /// <summary>Those that need servers, by the project that starts them: from the directory of a deployment to its settings.</summary>
    public static Dictionary<string, Func<string, Task<IReadOnlyList<string>>>> OnServers { get; } = [];

    /// <summary>Those of processes that all tests share.</summary>
    public static Dictionary<string, Func<Task<ISharedDeployment>>> Shared { get; } = [];

    /// <summary>The deployment that all tests share; null where each has a host of its own.</summary>
    public static async Task<ISharedDeployment?> DeploymentAsync() => Shared.TryGetValue(_name, out var start) ? await start() : null;

    /// <summary>The settings of a deployment that keeps what it has in a directory of its own, or in databases of its own.</summary>
    public static async Task<IReadOnlyList<string>> SettingsAsync(string directory) => _name switch
    {
        Embedded => [$"--Adapters:Store=sqlite:{directory}/store.db"],
        "shards" => [$"--Adapters:Store:a=sqlite:{directory}/a.db", $"--Adapters:Store:b=sqlite:{directory}/b.db"],
        _ when OnServers.TryGetValue(_name, out var settings) => await settings(directory),
        _ => throw new InvalidOperationException($"{Variable} names no topology: {_name}"),
    };

    /// <summary>Spares work that says nothing here: what a password costs is tested by itself, and by the processes of EndToEnd.</summary>
    public static void Spare(IServiceCollection services) => services.AddSingleton(new PasswordHashing(memory: 8192));
}

/// <summary>Processes that serve all tests of a run together.</summary>
internal interface ISharedDeployment
{
    /// <summary>Where the public finds it.</summary>
    Uri Address { get; }

    /// <summary>Each process of it.</summary>
    IReadOnlyList<Uri> Nodes { get; }

    /// <summary>Where all of them keep blobs and mail.</summary>
    string Directory { get; }

    /// <summary>What the link for the first administrator holds.</summary>
    string Invitation { get; }
}
