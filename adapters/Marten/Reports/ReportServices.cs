using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>Registers the reports.</summary>
internal static class ReportServices
{
    public static void Add(IServiceCollection services, AdapterUrl url)
    {
        services.AddSingleton(ReportSettings.Read(url));
        services.AddSingleton<ReportFaults>();
        services.AddSingleton<ReportStores>();
        services.AddSingleton<IReportSessions>(provider => provider.GetRequiredService<ReportStores>());
        services.AddSingleton<IReports, MartenReports>();
        services.AddSingleton<IExternalDependency, ReportHealth>();
        services.AddHostedService<ReportWatch>();
        services.AddHostedService<ReportDaemons>();
    }
}
