using System.Reflection;
using System.Text.Json.Serialization;

namespace Monolith.Kernel.Events;

/// <summary>Where to find a module's types, and how they are written as JSON.</summary>
/// <param name="Module">Name of the module.</param>
/// <param name="Assembly">Holds its types.</param>
/// <param name="Json">Lists what it stores or sends.</param>
public sealed record ModuleTypes(string Module, Assembly Assembly, JsonSerializerContext Json);
