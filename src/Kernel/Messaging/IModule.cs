using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Kernel.Adapters;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Messaging;

/// <summary>A module's table of contents: what the host needs to know of it, and nothing else.</summary>
public interface IModule
{
    /// <summary>Lower case; begins its event types, document kinds, error codes and metrics.</summary>
    string Name { get; }

    /// <summary>Lists every type that the module stores or sends.</summary>
    JsonSerializerContext Json { get; }

    /// <summary>What it refuses with, besides the platform's refusals: for the page that explains error codes.</summary>
    IReadOnlyList<Error> Errors => [];

    /// <summary>Registers what is not found by itself (handlers, validators, projections, announcers and reactions are).</summary>
    /// <param name="services">Where to.</param>
    /// <param name="configuration">The module's own section, named like the module.</param>
    /// <param name="faults">What is wrong with that section goes here, so that all faults come out at once.</param>
    void Register(IServiceCollection services, IConfigurationSection configuration, Faults faults);

    /// <summary>Maps its endpoints, each use case its own.</summary>
    void Map(IEndpointRouteBuilder routes);
}
