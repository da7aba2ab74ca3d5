using System.Reflection;
using Monolith.Host;

namespace Monolith.Architecture.Tests;

/// <summary>What there is to look at: from the host's catalog and from the disk, so that what is added is covered at once.</summary>
internal static class Solution
{
    public static Assembly Kernel { get; } = typeof(IModule).Assembly;

    public static IReadOnlyList<Assembly> Adapters { get; } = [.. Catalog.Adapters.Select(a => a.GetType().Assembly).Distinct()];

    /// <summary>Every assembly that the host consists of.</summary>
    public static IReadOnlyList<Assembly> Ours { get; } =
        [
        Kernel, typeof(Catalog).Assembly, .. Catalog.Modules.Select(m => m.GetType().Assembly),
        .. Catalog.Reports.Select(r => r.GetType().Assembly), .. Adapters,
    ];

    public static TheoryData<string> ModuleNames => [.. Catalog.Modules.Select(m => m.Name)];

    public static IModule Module(string name) => Catalog.Modules.Single(m => m.Name == name);

    public static Assembly AssemblyOf(string module) => Module(module).GetType().Assembly;

    public static Assembly ContractsOf(string module) => Assembly.Load($"{AssemblyOf(module).GetName().Name}.Contracts");

    /// <summary>Every type of a module and of its contracts, what the compiler made left out.</summary>
    public static IEnumerable<Type> TypesOf(string module) => AssemblyOf(module).GetTypes().Concat(ContractsOf(module).GetTypes())
        .Where(t => !t.FullName!.Contains('<', StringComparison.Ordinal));

    /// <summary>The closed forms of a generic interface that a type implements.</summary>
    public static IEnumerable<Type> RolesOf(this Type type, Type open) =>
        type.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == open);

    /// <summary>Names of the folders in a folder of the repository.</summary>
    public static IEnumerable<string> Folders(params ReadOnlySpan<string> path) =>
        Directory.GetDirectories(Path.Combine([Repository.Root, .. path])).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    /// <summary>Project files below a folder of the repository, relative to its root.</summary>
    public static IEnumerable<string> Projects(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.csproj", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Repository.Root, f));

    /// <summary>Source files below a folder of the repository, relative to its root.</summary>
    public static IEnumerable<string> Sources(params ReadOnlySpan<string> path) =>
        Directory.EnumerateFiles(Path.Combine([Repository.Root, .. path]), "*", SearchOption.AllDirectories)
            .Where(f => Path.GetExtension(f) is ".cs" or ".razor" or ".sql" or ".css" or ".js")
            .Select(f => Path.GetRelativePath(Repository.Root, f));
}
