using System.Text.Json;
using System.Text.Json.Serialization;
using Monolith.Kernel.Erasure;
using Monolith.Kernel.Idempotency;
using Monolith.Kernel.Messaging;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Subscriptions;

namespace Monolith.Kernel.Setup;

/// <summary>Lists what the kernel itself stores.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Checkpoint))]
[JsonSerializable(typeof(FeedMark))]
[JsonSerializable(typeof(FollowedState))]
[JsonSerializable(typeof(ParkedEvent))]
[JsonSerializable(typeof(IdempotencyRecord))]
[JsonSerializable(typeof(MasterSecret))]
[JsonSerializable(typeof(WrappedKey))]
[JsonSerializable(typeof(Subject))]
[JsonSerializable(typeof(Subject.Erased))]
[JsonSerializable(typeof(ShardMap))]
[JsonSerializable(typeof(MoveMark))]
[JsonSerializable(typeof(NodeSign))]
internal sealed partial class KernelJson : JsonSerializerContext;
