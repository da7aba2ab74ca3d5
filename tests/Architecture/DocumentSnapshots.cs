using System.Reflection;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace Monolith.Architecture.Tests;

/// <summary>
/// What is stored beside the events: kinds of documents and their fields. A changed shape needs a new kind, so that no process reads what
/// another version wrote as its own; a fold that changed under the same kind shows in <c>GoldenStoreTests</c>, which compare what it makes
/// with what is stored.
/// </summary>
public sealed partial class DocumentSnapshots
{
    public static TheoryData<string> Modules => Solution.ModuleNames;

    [Theory]
    [MemberData(nameof(Modules))]
    public void Documents(string module)
    {
        var json = Solution.Module(module).Json;
        var aggregates = ConventionTests.AggregatesOf(module).Select(a => ((string)a.GetProperty("Kind")!.GetValue(null)!, a));
        var projections = ConventionTests.ProjectionsOf(module).Select(p => (((IProjection)Activator.CreateInstance(p)!).Kind, ViewOf(p)));
        var followed = ConventionTests.FollowedOf(module).Select(
            p => (NameOf((FollowedProjection)Activator.CreateInstance(p)!), ViewOf(p)));
        // listed: ConventionTests
        var documents = aggregates.Concat(projections).Concat(followed).Select(d => (Kind: d.Item1, Json: json.GetTypeInfo(d.Item2)!))
            .ToList();

        Match(documents.Select(d => $"{d.Kind} {ContractSnapshots.Fields(d.Json)}"), documents.Select(d => d.Json), $"{module}.documents");
    }

    [Fact]
    public void Documents_of_the_kernel()
    {
        var types = typeof(KernelJson).GetCustomAttributesData().Where(a => a.AttributeType == typeof(JsonSerializableAttribute))
            .Select(a => KernelJson.Default.GetTypeInfo((Type)a.ConstructorArguments[0].Value!)!).ToList();
        var kinds = Solution.Kernel.GetTypes().SelectMany(
            t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(f => f is { IsLiteral: true } && f.GetRawConstantValue() is string text && KernelKind().IsMatch(text))
            .Select(f => $"{f.GetRawConstantValue()} is {f.DeclaringType!.Name}.{f.Name}");

        Match(kinds.Concat(types.Select(t => $"{t.Type.Name} {ContractSnapshots.Fields(t)}")), types, "kernel.documents");
    }

    private static void Match(IEnumerable<string> lines, IEnumerable<JsonTypeInfo> documents, string name)
    {
        var parts = documents.SelectMany(ContractSnapshots.PartsOf).DistinctBy(p => p.Type)
            .OrderBy(p => p.Type.Name, StringComparer.Ordinal);

        Snapshot.Match(
            string.Join(
                '\n',
                lines.Order(StringComparer.Ordinal).Concat(parts.Select(p => $"  {p.Type.Name} {ContractSnapshots.Fields(p)}"))), name);
    }

    private static string NameOf(FollowedProjection projection) => $"{projection.Name}, version {projection.Version},";

    private static Type ViewOf(Type projection) => projection.BaseType!.GetGenericArguments()[0]; // as ConventionTests finds them

    [GeneratedRegex(@"^kernel\.[a-z-]+\.v[0-9]+$")]
    private static partial Regex KernelKind();
}
