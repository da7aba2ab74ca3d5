using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Monolith.Kernel.Events;

/// <summary>Reads and writes what modules store and send, by their source-generated contexts. There is no reflection to fall back on.</summary>
public sealed class StoredJson
{
    private readonly ConcurrentDictionary<Type, JsonTypeInfo> _known = new();

    /// <param name="modules">Every module.</param>
    public StoredJson(IEnumerable<ModuleTypes> modules)
    {
        Options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            MaxDepth = 32,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            TypeInfoResolver = JsonTypeInfoResolver.Combine([.. modules.Select(m => (IJsonTypeInfoResolver)m.Json), KernelJson.Default]),
        };
        Options.MakeReadOnly();
    }

    /// <summary>Web naming, no nulls, depth 32 at most.</summary>
    public JsonSerializerOptions Options { get; }

    /// <summary>Writes a value as UTF-8 JSON; the same value gives the same bytes.</summary>
    public byte[] Write<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, (JsonTypeInfo<T>)Of(typeof(T)));

    /// <summary>Writes a value by its own type.</summary>
    public byte[] WriteObject(object value) => JsonSerializer.SerializeToUtf8Bytes(value, Of(value.GetType()));

    /// <summary>Reads UTF-8 JSON.</summary>
    /// <exception cref="JsonException">It is not what was expected.</exception>
    public T Read<T>(ReadOnlySpan<byte> json)
        where T : class =>
        JsonSerializer.Deserialize(json, (JsonTypeInfo<T>)Of(typeof(T))) ?? throw new JsonException($"null where {typeof(T).Name} was expected");

    /// <summary>Reads UTF-8 JSON as a type that is known at run time only.</summary>
    public object ReadObject(ReadOnlySpan<byte> json, Type type) =>
        JsonSerializer.Deserialize(json, Of(type)) ?? throw new JsonException($"null where {type.Name} was expected");

    /// <exception cref="NotSupportedException">No module lists the type.</exception>
    private JsonTypeInfo Of(Type type) => _known.GetOrAdd(type, t => Options.GetTypeInfo(t));
}
