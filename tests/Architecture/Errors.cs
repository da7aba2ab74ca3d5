using System.Reflection;

namespace Monolith.Architecture.Tests;

/// <summary>Finds what a module refuses with.</summary>
internal static class Errors
{
    /// <summary>The errors of <c>{Module}Errors</c>; none where a module has no refusals of its own.</summary>
    public static IReadOnlyList<Error> Of(string module) => [.. Solution.AssemblyOf(module).GetTypes()
        .Where(t => t.Name.Equals($"{module}Errors", StringComparison.OrdinalIgnoreCase))
        .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        .Where(f => f.FieldType == typeof(Error))
        .Select(f => (Error)f.GetValue(null)!) // A static field, set before any code sees it.
        .OrderBy(e => e.Code, StringComparer.Ordinal)];
}
