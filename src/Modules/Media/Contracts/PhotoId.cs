using System.Text.Json.Serialization;

namespace Monolith.Media.Contracts;

/// <summary>Names a photo; in the bucket of its owner.</summary>
[JsonConverter(typeof(IdJsonConverter<PhotoId>))]
public readonly record struct PhotoId(Guid Value) : IId<PhotoId>
{
    /// <inheritdoc />
    public static PhotoId From(Guid value) => new(value);

    /// <summary>Reads the 36-character form, as routes and queries give it.</summary>
    public static bool TryParse(string? text, out PhotoId id) => Id.TryParse(text, out id);

    /// <summary>Writes the 36-character form.</summary>
    public override string ToString() => Value.ToString();
}
