using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;

namespace Monolith.Kernel.Sealing;

/// <summary>
/// Marks a field of a stored event whose value tells something about a person. It is stored sealed with that person's key, and gone with
/// the key.
/// </summary>
/// <remarks>
/// After an erasure a marked string is read as the empty string, anything else as null. So what is marked is a string, or may be null, or
/// is a <see cref="JsonElement"/>. The event is nested in its aggregate, and the aggregate says whose it is.
/// </remarks>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class PersonalAttribute : Attribute;

/// <summary>Says why a text in a stored event tells nothing about a person. It is stored in clear, permanently.</summary>
/// <param name="why">For the review: who chooses the value.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class NotPersonalAttribute(string why) : Attribute
{
    /// <summary>The reason.</summary>
    public string Why { get; } = why;
}

/// <summary>Finds what is marked.</summary>
internal static class PersonalFields
{
    private static readonly ConcurrentDictionary<Type, IReadOnlySet<string>> _known = new();

    /// <summary>JSON names of the marked fields of an event.</summary>
    public static IReadOnlySet<string> Of(Type @event) => _known.GetOrAdd(@event, static type => type.GetProperties()
        .Where(p => Mark<PersonalAttribute>(type, p) is not null)
        .Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name)).ToHashSet(StringComparer.Ordinal));

    /// <summary>Whether an aggregate has events with marked fields: its documents are sealed then, too.</summary>
    public static bool AreIn(Type aggregate) =>
        aggregate.GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic).Any(t => Of(t).Count > 0);

    /// <summary>Reads a mark of a property, or of the parameter of a record that it comes from.</summary>
    public static T? Mark<T>(Type type, PropertyInfo property)
        where T : Attribute =>
            property.GetCustomAttribute<T>() ?? type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
            .SelectMany(c => c.GetParameters()).Where(p => p.Name == property.Name)
            .Select(p => p.GetCustomAttribute<T>()).FirstOrDefault(m => m is not null);
}
