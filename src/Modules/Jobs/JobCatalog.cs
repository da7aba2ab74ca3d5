using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using Monolith.Jobs.Contracts;

namespace Monolith.Jobs;

/// <summary>A type of job that some module defines.</summary>
/// <param name="Name">The stored name.</param>
/// <param name="Class">The request that is sent to its handler.</param>
/// <param name="MaxAttempts">From 1.</param>
/// <param name="Lane">0 is taken first.</param>
/// <param name="Timeout">After which an attempt is stopped.</param>
internal sealed record JobType(string Name, Type Class, int MaxAttempts, int Lane, TimeSpan Timeout);

/// <summary>
/// Knows every type of job by name and by class. A type that could not run is found at the start and not by its first job.
/// </summary>
internal sealed class JobCatalog : IMessageKinds
{
    private readonly Dictionary<string, JobType> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<Type, JobType> _byClass = [];
    private readonly IServiceProviderIsService _services;
    private readonly StoredJson _json;

    /// <exception cref="InvalidOperationException">
    /// A type of job has no name, a wrong one or one that is taken, no handler, or is missing in its module's JSON context.
    /// </exception>
    public JobCatalog(IEnumerable<ModuleTypes> modules, StoredJson json, IServiceProviderIsService services)
    {
        (_json, _services) = (json, services);
        foreach (var module in modules)
        {
            foreach (var type
                in module.Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IJob))))
            {
                Add(module, type);
            }
        }
    }

    public IReadOnlyCollection<string> Names => _byName.Keys;

    /// <exception cref="InvalidOperationException">No module defines it.</exception>
    public JobType Of(IJob job) => _byClass.TryGetValue(job.GetType(), out var type)
        ? type
        : throw new InvalidOperationException($"{job.GetType()} is not a job of any module.");

    public JobType Of(string name) => _byName[name];

    public JsonElement Write(IJob job) => JsonElement.Parse(_json.WriteObject(job));

    /// <exception cref="JsonException">It was written by another version that cannot be read any more.</exception>
    public IJob Read(JobType type, JsonElement payload) => (IJob)_json.ReadObject(JsonMarshal.GetRawUtf8Value(payload), type.Class);

    private void Add(ModuleTypes module, Type type)
    {
        var attribute = type.GetCustomAttribute<JobTypeAttribute>()
            ?? throw new InvalidOperationException($"{type} needs a [JobType] to be stored under.");
        Require(
            attribute.Name.StartsWith($"{module.Module}.", StringComparison.Ordinal), type,
            $"must have a name that begins with that of its module, {module.Module}");
        Require(!_byName.TryGetValue(attribute.Name, out var other), type, $"has the same name as {other?.Class}");
        Require(attribute.MaxAttempts is >= 1 and <= 100, type, "must have 1 to 100 attempts");
        Require(attribute.Lane is >= 0 and <= 9, type, "must have a lane from 0 to 9");
        Require(attribute.TimeoutSeconds is >= 1 and <= 86_400, type, "must have a timeout from a second to a day");
        Require(module.Json.GetTypeInfo(type) is not null, type, "is not listed in the JSON context of its module");
        Require(_services.IsService(typeof(IRequestHandler<,>).MakeGenericType(type, typeof(Result<Done>))), type, "has no handler");
        var added = new JobType(
            attribute.Name, type, attribute.MaxAttempts, attribute.Lane, TimeSpan.FromSeconds(attribute.TimeoutSeconds));
        _byName.Add(added.Name, added);
        _byClass.Add(type, added);
    }

    private static void Require(bool holds, Type type, string rule)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"The job {type} {rule}.");
        }
    }
}
