using System.Reflection;
using System.Text.RegularExpressions;
using Monolith.Host;

namespace Monolith.Architecture.Tests;

/// <summary>Who may know whom.</summary>
public sealed partial class BoundaryTests
{
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
        var written = Solution.Adapters.SelectMany(a => a.GetTypes()).Where(t => t.IsClass && t.IsAssignableTo(typeof(Kernel.Adapters.IAdapter)));

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
    public void An_adapter_knows_the_kernel_only(string adapter) => Assert.Equal(["Monolith.Kernel"], Known(Assembly.Load(adapter)));

    [Fact]
    public void The_kernel_knows_nobody() => Assert.Empty(Known(Solution.Kernel));

    [Fact]
    public void The_folders_of_the_kernel_form_no_circle()
    {
        var above = Solution.Folders("src", "Kernel").ToDictionary(f => f, NamedBy);

        // Takes away whoever names nobody that is left, again and again: what stays is a circle, or stands on one.
        while (above.Keys.Where(f => !above[f].Any(above.ContainsKey)).ToList() is { Count: > 0 } free)
        {
            free.ForEach(f => above.Remove(f));
        }

        Assert.True(above.Count == 0, string.Join('\n', above.Select(f => $"{f.Key} names {string.Join(", ", f.Value.Where(above.ContainsKey))}")));
    }

    [Fact]
    public void A_file_of_the_kernel_is_in_the_namespace_of_its_folder() => Assert.All(Solution.Sources("src", "Kernel"), file =>
        Assert.Contains($"namespace Monolith.Kernel.{Path.GetFileName(Path.GetDirectoryName(file))};", Read(file), StringComparison.Ordinal));

    [Fact]
    public void No_file_has_three_hundred_lines()
    {
        var tooLong = Solution.Sources("src").Concat(Solution.Sources("adapters"))
            .Select(f => (File: f, Lines: File.ReadLines(Path.Combine(Repository.Root, f)).Count()))
            .Where(f => f.Lines >= 300);

        Assert.Empty(tooLong);
    }

    private static void KnowsKernelAndContracts(Assembly assembly) => Assert.All(Known(assembly), name => Assert.True(
        name == "Monolith.Kernel" || name.EndsWith(".Contracts", StringComparison.Ordinal),
        $"{assembly.GetName().Name} uses {name}. Talk to the other module through its Contracts."));

    private static IEnumerable<string> Known(Assembly assembly) =>
        assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(name => name.StartsWith("Monolith.", StringComparison.Ordinal));

    // A name of another namespace needs a using or the name of that namespace, so the text says it all.
    private static HashSet<string> NamedBy(string folder) =>
        [.. Solution.Sources("src", "Kernel", folder).SelectMany(f => KernelNamespace().Matches(Read(f)).Select(m => m.Groups[1].Value)).Where(n => n != folder)];

    private static string Read(string file) => File.ReadAllText(Path.Combine(Repository.Root, file));

    private static IEnumerable<string> Names(IEnumerable<Type> types) => types.Select(t => t.Name).Order(StringComparer.Ordinal);

    [GeneratedRegex(@"\bKernel\.([A-Z]\w+)")]
    private static partial Regex KernelNamespace();
}
