using System.Reflection;
using System.Text.Json;

namespace Monolith.Architecture.Tests;

/// <summary>What a stored event says of a person is marked, so that it is sealed. A log is permanent: forgotten once is too late.</summary>
public sealed class PersonalDataTests
{
    private static readonly HashSet<Type> _harmless =
        [typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeSpan), typeof(Guid), typeof(decimal)];

    public static TheoryData<string> Modules => Solution.ModuleNames;

    [Theory]
    [MemberData(nameof(Modules))]
    public void Every_text_in_a_stored_event_is_marked_as_personal_or_says_why_it_is_not(string module) =>
        Assert.Empty(EventsOf(module).SelectMany(e => Unmarked(e, e)));

    [Theory]
    [MemberData(nameof(Modules))]
    public void What_is_personal_can_be_read_as_empty(string module) => Assert.All(PersonalIn(module), field => Assert.True(
        field.Property.PropertyType == typeof(string) || field.Property.PropertyType == typeof(JsonElement) || IsNullable(field.Property),
        $"{field.Event}.{field.Property.Name} is neither a string nor nullable: what would it be after an erasure?"));

    [Theory]
    [MemberData(nameof(Modules))]
    public void An_event_with_something_personal_is_nested_in_an_aggregate_that_says_whose_it_is(string module) =>
        Assert.All(PersonalIn(module), field =>
    {
        var aggregate = field.Event.DeclaringType;
        Assert.True(aggregate?.RolesOf(typeof(IAggregate<>)).Any(), $"{field.Event} is not nested in its aggregate.");
        Assert.True(
            aggregate!.GetMethod("SubjectOf", BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly) is not null,
            $"{aggregate} has no SubjectOf.");
    });

    private static IEnumerable<Type> EventsOf(string module) =>
        Solution.TypesOf(module).Where(t => t.GetCustomAttribute<EventTypeAttribute>() is not null);

    private static IEnumerable<(Type Event, PropertyInfo Property)> PersonalIn(string module) =>
        from e in EventsOf(module) from p in PropertiesOf(e) where IsMarked<PersonalAttribute>(e, p) select (e, p);

    private static IEnumerable<string> Unmarked(Type @event, Type part) => PropertiesOf(part)
        .Where(p => !IsMarked<NotPersonalAttribute>(part, p) && !(part == @event && IsMarked<PersonalAttribute>(part, p)))
        .SelectMany(p => UnmarkedIn(@event, part, p));

    // Whatever is not known to be harmless could hold anything: so a new kind of type has to be thought about.
    private static IEnumerable<string> UnmarkedIn(Type @event, Type part, PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type.IsPrimitive || type.IsEnum || _harmless.Contains(type) || type.RolesOf(typeof(IId<>)).Any())
        {
            return [];
        }

        return type.Namespace!.StartsWith("Monolith", StringComparison.Ordinal)
            ? Unmarked(@event, type)
            : [$"{@event.FullName}: {part.Name}.{property.Name} needs [Personal], or [NotPersonal(\"why\")]"];
    }

    private static IEnumerable<PropertyInfo> PropertiesOf(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0);

    private static bool IsMarked<T>(Type type, PropertyInfo property)
        where T : Attribute => property.GetCustomAttribute<T>() is not null
        || type.GetConstructors().SelectMany(c => c.GetParameters())
            .Any(p => p.Name == property.Name && p.GetCustomAttribute<T>() is not null);

    private static bool IsNullable(PropertyInfo property) =>
        new NullabilityInfoContext().Create(property).ReadState == NullabilityState.Nullable;
}
