using System.Reflection;
using Monolith.Kernel.Ports;

namespace Monolith.Kernel.Events;

/// <summary>Knows every stored event by name and by type.</summary>
public sealed class EventCatalog
{
    private readonly Dictionary<string, Type> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<Type, string> _names = [];
    private readonly StoredJson _json;

    /// <exception cref="InvalidOperationException">Two events share a name, or a name does not begin with its module's.</exception>
    public EventCatalog(IEnumerable<ModuleTypes> modules, StoredJson json)
    {
        _json = json;
        foreach (var module in modules)
        {
            foreach (var type in module.Assembly.GetTypes())
            {
                if (type.GetCustomAttribute<EventTypeAttribute>() is { Name: var name })
                {
                    Add(module.Module, name, type);
                }
            }
        }
    }

    /// <summary>Every stored event, by name.</summary>
    public IReadOnlyDictionary<string, Type> All => _types;

    /// <summary>Finds the stored name of a type.</summary>
    public string NameOf(Type type) => _names.TryGetValue(type, out var name)
        ? name
        : throw new InvalidOperationException($"{type} has no [EventType], so it cannot be stored.");

    /// <summary>Writes an event as UTF-8 JSON, in clear.</summary>
    public byte[] Write(object @event) => _json.WriteObject(@event);

    /// <summary>Reads a stored event whose personal fields were opened, by <see cref="SubjectKeys.OpenAsync(IReadOnlyList{StoredEvent}, CancellationToken)"/>.</summary>
    /// <exception cref="InvalidOperationException">No module knows its type, or it was not opened.</exception>
    public object Read(StoredEvent stored)
    {
        if (SealedJson.SubjectOf(stored.Data.Span) is not null)
        {
            throw new InvalidOperationException($"The event {stored.Id} is sealed; open it before it is read.");
        }

        return _types.TryGetValue(stored.Type, out var type)
            ? _json.ReadObject(stored.Data.Span, type)
            : throw new InvalidOperationException($"No module knows the event type {stored.Type}.");
    }

    private void Add(string module, string name, Type type)
    {
        if (!name.StartsWith($"{module}.", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"The event {name} must begin with the name of its module, {module}.");
        }

        if (!_types.TryAdd(name, type))
        {
            throw new InvalidOperationException($"{type} and {_types[name]} are both stored as {name}.");
        }

        _names.Add(type, name);
    }
}
