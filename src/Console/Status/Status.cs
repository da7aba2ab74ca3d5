using System.Reflection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Monolith.Kernel.Adapters;
using Monolith.Kernel.Messaging;
using Monolith.Kernel.Telemetry;

namespace Monolith.Pages.Status;

/// <summary>How the service is.</summary>
/// <param name="Health">For everybody: nothing that the health endpoints do not say.</param>
/// <param name="Inside">For administrators; null for others, because it tells an attacker where to begin.</param>
public sealed record StatusView(HealthReport Health, InsideView? Inside);

/// <summary>What this process is made of.</summary>
public sealed record InsideView(
    string Version, Roles Roles, IReadOnlyList<string> Modules, IReadOnlyDictionary<string, string> Adapters, IReadOnlyList<Heartbeat> Loops);

internal static class StatusEndpoint
{
    public static void MapStatus(this IEndpointRouteBuilder pages) =>
        pages.MapGet("/status", async (Visitor visitor, HealthCheckService health, IMediator mediator, IServiceProvider services, CancellationToken cancellationToken) =>
        {
            var report = await health.CheckHealthAsync(cancellationToken);
            var isAdmin = visitor.User is { } user && await mediator.Send(new IsAdmin(user.Id), cancellationToken);
            return Page.Show<StatusPage>(new { Visitor = visitor, View = new StatusView(report, isAdmin ? LookInside(services) : null) });
        });

    private static InsideView LookInside(IServiceProvider services) => new(
        typeof(IModule).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
        services.GetRequiredService<Roles>(),
        [.. services.GetServices<IModule>().Select(m => m.Name)],
        services.GetRequiredService<ChosenAdapters>().Urls,
        [.. services.GetRequiredService<Heartbeats>().All]);
}
