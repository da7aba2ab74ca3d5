namespace Monolith.Modules.Tests;

/// <summary>
/// What the modules are tested on: one line of configuration each, and not one of the tests knows which. <c>MONOLITH_TOPOLOGY</c> names it;
/// <c>./test</c> runs this project once for each line of the file <c>topologies</c>.
/// </summary>
internal static class Topology
{
    public const string Variable = "MONOLITH_TOPOLOGY";

    /// <summary>The settings of a deployment that keeps what it has in a directory of its own.</summary>
    public static IReadOnlyList<string> Settings(string directory) => Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" or "embedded" => [$"--Adapters:Store=sqlite:{directory}/store.db"],
        "shards" => [$"--Adapters:Store:a=sqlite:{directory}/a.db", $"--Adapters:Store:b=sqlite:{directory}/b.db"],
        var other => throw new InvalidOperationException($"{Variable} names no topology: {other}"),
    };
}
