using System.Reflection;
using System.Runtime.CompilerServices;

namespace Monolith.Architecture.Tests;

/// <summary>Prints types and members as short lines: small enough to read in a diff, complete enough to show a break.</summary>
internal static class Surface
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext _nullability = new();

    /// <summary>One line for each public type, followed by one for each of its members.</summary>
    public static string Of(Assembly assembly)
    {
        var types = assembly.GetExportedTypes().OrderBy(t => t.Namespace, StringComparer.Ordinal)
            .ThenBy(t => t.Name, StringComparer.Ordinal);
        return string.Join(
            '\n', types.SelectMany(t => MembersOf(t).Order(StringComparer.Ordinal).Prepend($"{t.Namespace}.{Name(t)}{Roles(t)}")));
    }

    /// <summary>One line for a contract: what it is made of, and its roles.</summary>
    public static string Line(Type type)
    {
        if (type.IsEnum)
        {
            return $"{type.Name} = {string.Join(" | ", Enum.GetNames(type))}";
        }

        var parameters = type.GetConstructors().MaxBy(c => c.GetParameters().Length)?.GetParameters() ?? [];
        var others = type.GetProperties(Declared).Where(
            p => !parameters.Any(q => q.Name!.Equals(p.Name, StringComparison.OrdinalIgnoreCase)))
            .Select(p => $"{Name(p)} {p.Name}").Order(StringComparer.Ordinal).ToList();
        return $"{Name(type)}({List(parameters)}){(others.Count == 0 ? "" : $" {{ {string.Join("; ", others)} }}")}{Roles(type)}";
    }

    /// <summary>A type as C# writes it, without its namespace.</summary>
    public static string Name(Type type) =>
        Nullable.GetUnderlyingType(type) is { } value ? $"{Name(value)}?"
        : type.IsArray ? $"{Name(type.GetElementType()!)}[]"
        : type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
        : type.IsNested && !type.IsGenericParameter ? $"{Name(type.DeclaringType!)}.{type.Name}"
        : type.Name;

    private static IEnumerable<string> MembersOf(Type type)
    {
        if (type.IsEnum)
        {
            return [$"    {string.Join(" | ", Enum.GetNames(type))}"];
        }

        var members = type.GetMembers(Declared).Where(m => m is not Type && m.GetCustomAttribute<CompilerGeneratedAttribute>() is null);
        return members.Where(m => m is not MethodBase { IsSpecialName: true } or ConstructorInfo).Select(m => $"    {Text(m)}");
    }

    private static string Text(MemberInfo member) => member switch
    {
        ConstructorInfo c => $"new({List(c.GetParameters())})",
        MethodInfo m => $"{Static(m)}{m.Name}{Generic(m)}({List(m.GetParameters())}): {Name(m.ReturnParameter)}",
        PropertyInfo p => $"{Static(p.GetAccessors()[0])}{p.Name}: {Name(p)}{Setter(p)}",
        FieldInfo f =>
            $"{(f.IsLiteral ? "const " : "static ")}{f.Name}: {Name(f.FieldType)}{(f.IsLiteral ? $" = {f.GetRawConstantValue()}" : "")}",
        _ => member.ToString()!,
    };

    private static string Setter(PropertyInfo property) => property.SetMethod is not { IsPublic: true } setter ? ""
        : setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " { init }" : " { set }";

    private static string Static(MethodInfo method) => method.IsStatic ? "static " : "";

    private static string Generic(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";

    private static string List(IEnumerable<ParameterInfo> parameters) => string.Join(", ", parameters.Select(p =>
        $"{Name(p)} {p.Name}{(p.HasDefaultValue ? " = …" : "")}"));

    private static string Name(ParameterInfo parameter) => Mark(Name(parameter.ParameterType), _nullability.Create(parameter).ReadState);

    private static string Name(PropertyInfo property) => Mark(Name(property.PropertyType), _nullability.Create(property).ReadState);

    private static string Mark(string name, NullabilityState state) =>
        state == NullabilityState.Nullable && !name.EndsWith('?') ? $"{name}?" : name;

    // Of the interfaces, those that say what a type is for; the rest follows from its being a record or a struct.
    private static string Roles(Type type)
    {
        var roles = type.GetInterfaces().Where(
            i => i.Namespace == "MediatR" || (i.Namespace!.StartsWith("Monolith", StringComparison.Ordinal)))
            .Select(Name).Where(n => n != "IBaseRequest").Order(StringComparer.Ordinal).ToList();
        return roles.Count == 0 ? "" : $" : {string.Join(", ", roles)}";
    }
}
