using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Monolith.Kernel.Events;

/// <summary>
/// Reads and writes what modules store and send, by their source-generated contexts. There is no reflection to fall back on.
/// </summary>
public sealed class StoredJson
{
    private readonly ConcurrentDictionary<Type, JsonTypeInfo> _known = new();

    /// <param name="modules">Every module, and the kernel.</param>
    public StoredJson(IEnumerable<ModuleTypes> modules)
    {
        Options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            MaxDepth = 32,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            RespectNullableAnnotations = true,
            TypeInfoResolver = JsonTypeInfoResolver.Combine([.. modules.Select(m => (IJsonTypeInfoResolver)m.Json)])
                .WithAddedModifier(Require),
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
        JsonSerializer.Deserialize(json, (JsonTypeInfo<T>)Of(typeof(T)))
            ?? throw new JsonException($"null where {typeof(T).Name} was expected");

    /// <summary>Reads UTF-8 JSON as a type that is known at run time only.</summary>
    public object ReadObject(ReadOnlySpan<byte> json, Type type) =>
        JsonSerializer.Deserialize(json, Of(type)) ?? throw new JsonException($"null where {type.Name} was expected");

    /// <summary>Reads a JSON object as a type that is known at run time only.</summary>
    public object ReadObject(JsonObject json, Type type) =>
        json.Deserialize(Of(type)) ?? throw new JsonException($"null where {type.Name} was expected");

    /// <summary>
    /// Tells whether a body is JSON from its beginning to its end. What was changed within a text it cannot tell; <c>verify</c> can.
    /// </summary>
    internal static bool IsWhole(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(body);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // A field that is missing must not turn into 0 or false in silence. What may be null may be missing: nulls are not written.
    private static void Require(JsonTypeInfo type)
    {
        foreach (var property in type.Properties.Where(p => p.AssociatedParameter is { HasDefaultValue: false, IsNullable: false }))
        {
            property.IsRequired = true;
        }
    }

    /// <exception cref="NotSupportedException">No module lists the type.</exception>
    private JsonTypeInfo Of(Type type) => _known.GetOrAdd(type, t => Options.GetTypeInfo(t));
}
