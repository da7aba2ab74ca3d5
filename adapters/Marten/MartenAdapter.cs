using Monolith.Adapters.Marten.Reports;

namespace Monolith.Adapters.Marten;

/// <summary>A PostgreSQL database whose events are in Marten's tables. <c>marten://monolith@db.example.org/monolith</c>.</summary>
public sealed class MartenAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["marten"];

    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings =>
        [new(Port.Reports.Name, ReportSettings.Keys, ReportServices.Add) { Beside = ["postgres"] }];
}
