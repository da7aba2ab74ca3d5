using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Messaging;

/// <summary>A module's table of contents: what the host needs to know of it, and nothing else.</summary>
public interface IModule
{
    /// <summary>Lower case; begins its event types, document kinds, error codes and metrics.</summary>
    string Name { get; }

    /// <summary>Lists every type that the module stores or sends.</summary>
    JsonSerializerContext Json { get; }

    /// <summary>Registers what handlers, validators, projections and reactions are not found by themselves.</summary>
    void Register(IServiceCollection services);

    /// <summary>Maps its endpoints, each use case its own.</summary>
    void Map(IEndpointRouteBuilder routes);
}
