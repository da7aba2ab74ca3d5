using System.Reflection;
using System.Text.RegularExpressions;
using Monolith.Host;

namespace Monolith.Architecture.Tests;

/// <summary>Who may know whom.</summary>
public sealed partial class BoundaryTests
{
    // From the ground up, as docs/architecture.md draws them: a room uses those before it.
    private static readonly Dictionary<string, string[]> _rooms = new()
    {
        ["Kernel"] =
        [
            "Values", "Telemetry", "Sealing", "Ports.Store", "Ports", "Events", "Adapters", "Sharding", "Erasure", "Commits",
            "Subscriptions", "Http",
            "Messaging", "Idempotency", "Caching", "Setup",
        ],
        ["Operations"] = ["Deployments", "Checks", "Backups", "Moves", "Verbs"],
    };

    // Adapters that another one stands on, because both speak to one kind of server.
    private static readonly Dictionary<string, string[]> _standing = new()
    {
        ["Marten"] = ["Postgres"], ["Wolverine"] = ["RabbitMq"], ["WolverineKafka"] = ["Wolverine"],
    };

    public static TheoryData<string> Storeys => [.. _rooms.Keys];

    public static TheoryData<string> Modules => Solution.ModuleNames;

    public static TheoryData<string> Adapters => [.. Solution.Adapters.Select(a => a.GetName().Name!)];

    [Fact]
    public void Every_module_folder_is_in_the_catalog()
    {
        var inCatalog = Catalog.Modules.Select(m => m.GetType().Assembly.GetName().Name!["Monolith.".Length..]);

        Assert.Equal(Solution.Folders("src", "Modules"), inCatalog.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_adapter_project_is_in_the_catalog()
    {
        var inCatalog = Solution.Adapters.Select(a => a.GetName().Name!["Monolith.Adapters.".Length..]);

        Assert.Equal(Solution.Folders("adapters"), inCatalog.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_adapter_of_a_project_is_in_the_catalog()
    {
        var written = Solution.Adapters.SelectMany(a => a.GetTypes()).Where(
            t => t.IsClass && t.IsAssignableTo(typeof(Kernel.Adapters.IAdapter)));

        Assert.Equal(Names(written), Names(Catalog.Adapters.Select(a => a.GetType())));
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_module_shows_the_world_its_module_class_only(string module)
    {
        var shown = Assert.Single(Solution.AssemblyOf(module).GetExportedTypes());

        Assert.True(shown.IsAssignableTo(typeof(IModule)), $"{shown} is public and is no module class.");
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_module_knows_the_kernel_and_contracts_only(string module) => KnowsKernelAndContracts(Solution.AssemblyOf(module));

    [Theory]
    [MemberData(nameof(Modules))]
    public void Contracts_know_the_kernel_and_other_contracts_only(string module) => KnowsKernelAndContracts(Solution.ContractsOf(module));

    [Fact]
    public void The_console_knows_the_kernel_and_contracts_only() => KnowsKernelAndContracts(Assembly.Load("Monolith.Console"));

    [Theory]
    [MemberData(nameof(Adapters))]
    public void An_adapter_knows_the_kernel_only(string adapter) => Assert.Equal(
        _standing.GetValueOrDefault(adapter["Monolith.Adapters.".Length..], []).Select(other => $"Monolith.Adapters.{other}")
            .Append("Monolith.Kernel").Order(StringComparer.Ordinal),
        Known(Assembly.Load(adapter)).Order(StringComparer.Ordinal));

    [Fact]
    public void The_kernel_knows_no_other_project() => Assert.Empty(Known(Solution.Kernel));

    [Theory]
    [MemberData(nameof(Storeys))]
    public void Every_room_has_its_place_in_the_order(string storey) => Assert.Equal(
        _rooms[storey].Order(StringComparer.Ordinal),
        Solution.Sources("src", storey).Select(file => RoomOf(storey, file)).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Storeys))]
    public void A_room_uses_those_below_it_only(string storey)
    {
        var order = _rooms[storey];
        var upwards = Solution.Sources("src", storey).SelectMany(file => UsedBy(storey, file)
            .Where(room => Array.IndexOf(order, room) > Array.IndexOf(order, RoomOf(storey, file)))
            .Select(room => $"{file} uses {room}, which is above {RoomOf(storey, file)}"));

        Assert.Empty(upwards);
    }

    [Theory]
    [MemberData(nameof(Storeys))]
    public void A_file_is_in_the_namespace_of_its_room(string storey) => Assert.All(Solution.Sources("src", storey), file =>
        Assert.Contains($"namespace Monolith.{storey}.{RoomOf(storey, file)};", Read(file), StringComparison.Ordinal));

    [Fact]
    public void Operations_know_the_kernel_and_the_embedded_adapters_only() =>
        Assert.Equal(
            ["Monolith.Adapters.Embedded", "Monolith.Kernel"], Known(Assembly.Load("Monolith.Operations")).Order(StringComparer.Ordinal));

    [Fact]
    public void No_folder_holds_more_than_twenty_five_files()
    {
        var full = Solution.Sources("src").Concat(Solution.Sources("adapters"))
            .GroupBy(Path.GetDirectoryName).Where(folder => folder.Count() > 25)
                .Select(folder => $"{folder.Key} holds {folder.Count()} files");

        Assert.Empty(full);
    }

    // What test projects share is in tests/Support, compiled once.
    [Fact]
    public void A_project_compiles_no_file_of_another() => Assert.DoesNotContain(
        Directory.EnumerateFiles(Repository.Root, "Directory.Build.*", SearchOption.AllDirectories)
            .Concat(new[] { "src", "adapters", "tests" }.SelectMany(Solution.Projects)),
        project => CompiledFile().IsMatch(Read(project)));

    // Reading chooses the server that answers. A view of one and a position of another would not belong together.
    [Fact]
    public void What_reads_views_comes_to_a_store_through_Reading_only()
    {
        string[] readers = [.. Solution.Sources("src").Where(file => Read(file).Contains("Reading reading", StringComparison.Ordinal))];
        Assert.Contains("src/Kernel/Commits/Views.cs", readers);
        Assert.DoesNotContain(readers, file => Read(file).Contains(".Store.", StringComparison.Ordinal));
    }

    [Fact]
    public void No_file_has_three_hundred_lines()
    {
        var tooLong = Solution.Sources("src").Concat(Solution.Sources("adapters"))
            .Select(f => (File: f, Lines: File.ReadLines(Path.Combine(Repository.Root, f)).Count()))
            .Where(f => f.Lines >= 300);

        Assert.Empty(tooLong);
    }

    // The width that .editorconfig names.
    [Fact]
    public void No_line_is_longer_than_a_hundred_and_forty_characters()
    {
        var tooLong =
            from folder in new[] { "src", "adapters", "tests" }
            from file in Solution.Sources(folder)
            where file.EndsWith(".cs", StringComparison.Ordinal) && !Read(file).StartsWith("// <auto-generated/>", StringComparison.Ordinal)
            from line in Read(file).Split('\n').Index()
            where line.Item.Length > 140
            select $"{file}:{line.Index + 1}";

        Assert.Empty(tooLong);
    }

    private static void KnowsKernelAndContracts(Assembly assembly) => Assert.All(Known(assembly), name => Assert.True(
        name == "Monolith.Kernel" || name.EndsWith(".Contracts", StringComparison.Ordinal),
        $"{assembly.GetName().Name} uses {name}. Talk to the other module through its Contracts."));

    private static IEnumerable<string> Known(Assembly assembly) =>
        assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(name => name.StartsWith("Monolith.", StringComparison.Ordinal));

    // A name of another namespace needs a using or the name of that namespace, so the text says it all.
    private static IEnumerable<string> UsedBy(string storey, string file) =>
        Room().Matches(Read(file)).Where(m => m.Groups[1].Value == storey).Select(m => m.Groups[2].Value).Distinct();

    private static string RoomOf(string storey, string file) =>
        Path.GetDirectoryName(file)!["src/".Length..].Replace(Path.DirectorySeparatorChar, '.')[(storey.Length + 1)..];

    private static string Read(string file) => File.ReadAllText(Path.Combine(Repository.Root, file));

    private static IEnumerable<string> Names(IEnumerable<Type> types) => types.Select(t => t.Name).Order(StringComparer.Ordinal);

    [GeneratedRegex(@"\b(Kernel|Operations)\.(Ports\.Store|[A-Z]\w+)")]
    private static partial Regex Room();

    // Its own files are compiled without being named.
    [GeneratedRegex(@"<Compile\b[^>]*\bInclude\s*=")]
    private static partial Regex CompiledFile();
}
