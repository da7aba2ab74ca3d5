using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Monolith.Host.Operations.Description;

/// <summary>Reads the documentation comments of our assemblies, which the compiler puts beside them.</summary>
internal sealed partial class DocComments
{
    private readonly Dictionary<string, XElement> _members;

    private DocComments(Dictionary<string, XElement> members) => _members = members;

    public static DocComments Read()
    {
        var members = Directory.EnumerateFiles(AppContext.BaseDirectory, "Monolith.*.xml")
            .SelectMany(file => XDocument.Load(file).Descendants("member"))
            .Where(member => member.Attribute("name") is not null)
            .GroupBy(member => member.Attribute("name")!.Value) // see Where
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        return new DocComments(members);
    }

    /// <summary>What is said of a type; null when nothing is.</summary>
    public string? Of(Type type) => Text(Member(type)?.Element("summary"));

    /// <summary>What is said of a property, by its name in JSON: at the property itself, or at the parameter of a record.</summary>
    public string? Of(Type type, string property)
    {
        var name = $"{char.ToUpperInvariant(property[0])}{property[1..]}";
        return Text(_members.GetValueOrDefault($"P:{NameOf(type)}.{name}")?.Element("summary"))
            ?? Text(Member(type)?.Elements("param").FirstOrDefault(p => p.Attribute("name")?.Value == name));
    }

    private XElement? Member(Type type) => _members.GetValueOrDefault($"T:{NameOf(type)}");

    // Of "Monolith.Kernel.Http.Page`1[[...]]" the comments know the open form; nested types are joined by a dot.
    private static string NameOf(Type type) =>
        ((type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName ?? type.Name).Replace('+', '.');

    private static string? Text(XElement? element) =>
        element is null ? null : Blanks().Replace(string.Concat(element.Nodes().Select(Text)), " ")
            .Trim() is { Length: > 0 } text ? text : null;

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement element when (element.Attribute("cref") ?? element.Attribute("name")) is { } reference =>
            $"`{reference.Value.Split('.', ':')[^1]}`",
        XElement element => element.Value,
        _ => "",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
