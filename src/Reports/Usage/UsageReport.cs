using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Reports.Usage;

/// <summary>Shows what each user did and stored, week by week.</summary>
public sealed class UsageReport : IReport
{
    /// <inheritdoc />
    public string Name => "usage";

    /// <inheritdoc />
    public JsonSerializerContext Json => UsageJson.Default;

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder routes) => routes.MapGetUsage(this);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Page<UsageOfUser>))]
internal sealed partial class UsageJson : JsonSerializerContext;
