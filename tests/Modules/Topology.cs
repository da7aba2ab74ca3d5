namespace Monolith.Modules.Tests;

/// <summary>
/// What the modules are tested on: one line of configuration each, and not one of the tests knows which. <c>MONOLITH_TOPOLOGY</c> names it;
/// <c>./test</c> runs this project once for each line of the file <c>topologies</c>.
/// </summary>
internal static class Topology
{
    public const string Variable = "MONOLITH_TOPOLOGY";

    /// <summary>The settings of a deployment that keeps what it has in a directory of its own, or in databases of its own.</summary>
    public static async Task<IReadOnlyList<string>> SettingsAsync(string directory) => Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" or "embedded" => [$"--Adapters:Store=sqlite:{directory}/store.db"],
        "shards" => [$"--Adapters:Store:a=sqlite:{directory}/a.db", $"--Adapters:Store:b=sqlite:{directory}/b.db"],
        "postgres" => [$"--Adapters:Store={await PostgresTopology.UrlAsync(directory)}"],
        "postgres-shards" =>
        [
            $"--Adapters:Store:a={await PostgresTopology.UrlAsync(directory, "a")}",
            $"--Adapters:Store:b={await PostgresTopology.UrlAsync(directory, "b")}",
        ],
        var other => throw new InvalidOperationException($"{Variable} names no topology: {other}"),
    };
}
