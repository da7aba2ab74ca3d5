using System.Text.Json.Serialization;

namespace Monolith.Sessions.Contracts;

/// <summary>Names a session; in the bucket of its user.</summary>
[JsonConverter(typeof(IdJsonConverter<SessionId>))]
public readonly record struct SessionId(Guid Value) : IId<SessionId>
{
    /// <inheritdoc />
    public static SessionId From(Guid value) => new(value);

    /// <summary>Reads the 36-character form, as routes and queries give it.</summary>
    public static bool TryParse(string? text, out SessionId id) => Id.TryParse(text, out id);

    /// <summary>Writes the 36-character form.</summary>
    public override string ToString() => Value.ToString();
}
