using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Peer;

public sealed record RegisterUser(string? Email, string? FirstName, string? LastName, Address? Address)
{
    public Dictionary<string, string[]> Faults()
    {
        var faults = new Dictionary<string, string[]>();
        if (Email is not { Length: <= 254 } || !new EmailAddressAttribute().IsValid(Email))
        {
            faults["email"] = ["It is no e-mail address."];
        }

        Names.Check(faults, "firstName", FirstName ?? "");
        Names.Check(faults, "lastName", LastName ?? "");
        return faults;
    }
}

/// <summary>A merge patch: what is missing stays, a null address is removed.</summary>
public sealed record UpdateUser(string? FirstName, string? LastName)
{
    public Address? Address
    {
        get;
        set => (field, HasAddress) = (value, true);
    }

    [JsonIgnore]
    public bool HasAddress { get; private set; }

    public Dictionary<string, string[]> Faults()
    {
        var faults = new Dictionary<string, string[]>();
        Names.Check(faults, "firstName", FirstName);
        Names.Check(faults, "lastName", LastName);
        return faults;
    }
}

/// <summary>A user as its owner sees it.</summary>
public sealed record OwnUser(
    Guid Id, string Email, string FirstName, string LastName, Address? Address, DateTimeOffset MemberSince);

/// <summary>A user as another member sees it.</summary>
public sealed record Profile(Guid Id, string FirstName, string LastName, DateTimeOffset MemberSince);

internal static class Names
{
    public static void Check(Dictionary<string, string[]> faults, string field, string? name)
    {
        if (name is { Length: 0 or > 80 })
        {
            faults[field] = ["It has 1 to 80 characters."];
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RegisterUser))]
[JsonSerializable(typeof(UpdateUser))]
[JsonSerializable(typeof(OwnUser))]
[JsonSerializable(typeof(Profile))]
internal sealed partial class PeerJson : JsonSerializerContext;
