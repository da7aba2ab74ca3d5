using System.Text.Json.Serialization;

namespace Monolith.Users.Contracts;

/// <summary>Names a user. It lies in the bucket of the address that the user registered with.</summary>
[JsonConverter(typeof(IdJsonConverter<UserId>))]
public readonly record struct UserId(Guid Value) : IId<UserId>
{
    /// <inheritdoc />
    public static UserId From(Guid value) => new(value);

    /// <summary>Reads the 36-character form, as routes and queries give it.</summary>
    public static bool TryParse(string? text, out UserId id) => Id.TryParse(text, out id);

    /// <summary>Writes the 36-character form.</summary>
    public override string ToString() => Value.ToString();
}
