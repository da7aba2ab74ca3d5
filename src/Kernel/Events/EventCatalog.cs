using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sealing;

namespace Monolith.Kernel.Events;

/// <summary>Knows every stored event by name and by type, former shapes included.</summary>
public sealed class EventCatalog
{
    private readonly Dictionary<string, Type> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<Type, string> _names = [];
    private readonly Dictionary<string, IUpcaster> _steps = new(StringComparer.Ordinal);
    private readonly StoredJson _json;

    /// <exception cref="InvalidOperationException">
    /// Two events share a name, a name does not begin with its module's, or a former shape leads nowhere.
    /// </exception>
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
                else if (type.IsClass && type.IsAssignableTo(typeof(IUpcaster)))
                {
                    Add((IUpcaster)Activator.CreateInstance(type)!); // no Nullable<T>
                }
            }
        }

        foreach (var former in _steps.Keys)
        {
            CurrentOf(former);
        }
    }

    /// <summary>Every stored event by the name it is written under now.</summary>
    public IReadOnlyDictionary<string, Type> All => _types;

    /// <summary>Names of the shapes that are read and not written any more.</summary>
    public IReadOnlyCollection<string> Former => _steps.Keys;

    /// <summary>Finds the stored name of a type.</summary>
    public string NameOf(Type type) => _names.TryGetValue(type, out var name)
        ? name
        : throw new InvalidOperationException($"{type} has no [EventType], so it cannot be stored.");

    /// <summary>Every name under which events of a type were ever stored, to find them in the log.</summary>
    public IReadOnlyList<string> EveryNameOf(Type type)
    {
        var current = NameOf(type);
        return [current, .. _steps.Keys.Where(former => CurrentOf(former) == current)];
    }

    /// <summary>Writes an event as UTF-8 JSON, in clear.</summary>
    public byte[] Write(object @event) => _json.WriteObject(@event);

    /// <summary>
    /// Reads a stored event whose personal fields were opened, by <c>SubjectKeys.OpenAsync</c>;
    /// one of a former shape as the present one.
    /// </summary>
    /// <exception cref="InvalidOperationException">No module knows its type, or it was not opened.</exception>
    /// <exception cref="JsonException">It is not what its type says.</exception>
    public object Read(StoredEvent stored)
    {
        if (SealedJson.SubjectOf(stored.Data.Span) is not null)
        {
            throw new InvalidOperationException($"The event {stored.Id} is sealed; open it before it is read.");
        }

        if (_types.TryGetValue(stored.Type, out var type))
        {
            return _json.ReadObject(stored.Data.Span, type);
        }

        if (!_steps.ContainsKey(stored.Type))
        {
            throw new InvalidOperationException($"No module knows the event type {stored.Type}.");
        }

        var name = stored.Type;
        var data = JsonNode.Parse(stored.Data.Span)?.AsObject() ?? throw new JsonException($"null where {name} was expected");
        for (; _steps.TryGetValue(name, out var step); name = step.To)
        {
            data = step.Upcast(data);
        }

        return _json.ReadObject(data, _types[name]);
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

    private void Add(IUpcaster step)
    {
        if (!_steps.TryAdd(step.From, step))
        {
            throw new InvalidOperationException($"{step.GetType()} and {_steps[step.From].GetType()} both upcast {step.From}.");
        }
    }

    private string CurrentOf(string former)
    {
        var name = former;
        for (var steps = 0; _steps.TryGetValue(name, out var step); name = step.To)
        {
            if (_types.TryGetValue(name, out var type))
            {
                throw new InvalidOperationException($"{step.GetType()} upcasts {name}, which {type} still is stored as.");
            }

            if (++steps > _steps.Count)
            {
                throw new InvalidOperationException($"The upcasters from {former} go round in a circle.");
            }
        }

        return _types.ContainsKey(name)
            ? name
            : throw new InvalidOperationException($"{former} is upcast to {name}, which no event is stored as.");
    }
}
