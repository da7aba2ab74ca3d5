using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Kernel.Events;

/// <summary>Lists what the kernel itself stores.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Checkpoint))]
[JsonSerializable(typeof(ParkedEvent))]
[JsonSerializable(typeof(IdempotencyRecord))]
[JsonSerializable(typeof(MasterSecret))]
[JsonSerializable(typeof(WrappedKey))]
[JsonSerializable(typeof(Subject))]
[JsonSerializable(typeof(Subject.Erased))]
[JsonSerializable(typeof(ShardMap))]
internal sealed partial class KernelJson : JsonSerializerContext;
