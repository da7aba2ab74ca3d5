using System.Reflection;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Support;

/// <summary>A module that a test adds to the host or to the kernel.</summary>
/// <param name="name">The name of the module.</param>
/// <param name="json">How its types are written.</param>
/// <param name="types">What belongs to it: the assembly of a test holds more than one module.</param>
internal abstract class TestModule(string name, JsonSerializerContext json, params Type[] types) : IModule
{
    public string Name => name;

    public JsonSerializerContext Json => json;

    public void Register(IServiceCollection services, IConfigurationSection configuration, Faults faults)
    {
        Add(services);
        services.Remove(services.Last(s => s.ImplementationInstance is ModuleTypes types && types.Module == name));
        services.AddSingleton(new ModuleTypes(name, new Only(types), json));
    }

    public virtual void Map(IEndpointRouteBuilder routes)
    {
    }

    /// <summary>Registers what it needs.</summary>
    protected virtual void Add(IServiceCollection services)
    {
    }
}

/// <summary>An assembly that holds nothing but some types.</summary>
internal sealed class Only(params Type[] types) : Assembly
{
    public override Type[] GetTypes() => types;
}
