using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Support;

/// <summary>
/// The cache of responses with a clock that stands still: on a busy machine nothing expires, and no request stops waiting for another.
/// </summary>
internal static class StillResponseCache
{
    public static IServiceCollection AddStillResponseCache(this IServiceCollection services) =>
        services.AddSingleton(provider => new ResponseCache(
        provider.GetRequiredService<ICache>(), provider.GetRequiredService<SingleFlight>(), new FakeClock()));
}
