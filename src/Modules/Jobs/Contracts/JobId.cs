using System.Text.Json.Serialization;

namespace Monolith.Jobs.Contracts;

/// <summary>Names a job; in the bucket of its owner.</summary>
[JsonConverter(typeof(IdJsonConverter<JobId>))]
public readonly record struct JobId(Guid Value) : IId<JobId>
{
    /// <inheritdoc />
    public static JobId From(Guid value) => new(value);

    /// <summary>Reads the 36-character form, as routes and queries give it.</summary>
    public static bool TryParse(string? text, out JobId id) => Id.TryParse(text, out id);

    /// <summary>Writes the 36-character form.</summary>
    public override string ToString() => Value.ToString();
}
