using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Routing;

namespace Monolith.Kernel.Messaging;

/// <summary>
/// A report's table of contents: what the host needs to know of it. What it reads, it says to the adapter of the reports.
/// </summary>
/// <remarks>
/// Its endpoints are there whether or not the deployment makes reports, so that the description of the API is one and the same. They refuse
/// with <c>no-reports</c> where it makes none.
/// </remarks>
public interface IReport
{
    /// <summary>Lower case; names it in addresses: <c>/v1/admin/reports/usage</c>.</summary>
    string Name { get; }

    /// <summary>Lists every type that it answers with.</summary>
    JsonSerializerContext Json { get; }

    /// <summary>Maps its endpoints.</summary>
    void Map(IEndpointRouteBuilder routes);
}
