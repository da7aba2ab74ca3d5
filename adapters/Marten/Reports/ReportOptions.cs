using JasperFx;
using JasperFx.Events;
using JasperFx.Events.Daemon;
using JasperFx.Events.Daemon.HighWater;
using Marten;
using Npgsql;
using Weasel.Core;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>How Marten reads a shard.</summary>
internal static class ReportOptions
{
    private static readonly TimeSpan _poll = TimeSpan.FromSeconds(2);

    /// <summary>Makes Marten's store of a report in one shard. Nothing is asked of the database yet.</summary>
    /// <param name="schema">Of the report.</param>
    /// <param name="report">What it reads and keeps is told by the <see cref="IMartenReport"/>s beside it.</param>
    /// <param name="pool">The connections.</param>
    /// <param name="wakeup">Tells when something was stored; null where no projection runs.</param>
    public static DocumentStore Open(string schema, IReport report, NpgsqlDataSource pool, IDaemonWakeup? wakeup) => DocumentStore.For(o =>
    {
        o.Connection(pool);
        o.DatabaseSchemaName = schema;
        o.DisableNpgsqlLogging = true;

        // The schema is changed by ReportSchema only, before anything starts.
        o.AutoCreateSchemaObjects = AutoCreate.None;
        o.UseSystemTextJsonForSerialization(EnumStorage.AsString, Casing.CamelCase);
        o.Events.StreamIdentity = StreamIdentity.AsString;
        ((global::Marten.Events.EventGraph)o.Events).EnableBigIntEvents = true;

        // A figure without one of its events would be wrong without saying so: a projection stops instead, and health names it. Types that
        // no report maps are no fault.
        o.Projections.Errors.SkipApplyErrors = false;
        o.Projections.Errors.SkipSerializationErrors = false;
        o.Projections.Errors.SkipUnknownEvents = true;
        o.Projections.RebuildErrors.SkipApplyErrors = false;
        o.Projections.RebuildErrors.SkipSerializationErrors = false;
        o.Projections.RebuildErrors.SkipUnknownEvents = true;

        // Not its coordinators: which node runs a shard's projections is told by a lease.
        o.Projections.AsyncMode = DaemonMode.Solo;
        o.Projections.SlowPollingTime = _poll;
        o.Projections.Wakeup = wakeup;
        foreach (var part in PartsOf(report))
        {
            part.Configure(o);
        }
    });

    private static IEnumerable<IMartenReport> PartsOf(IReport report) => report.GetType().Assembly.GetTypes()
        .Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IMartenReport)))
        .Select(t => (IMartenReport)Activator.CreateInstance(t, nonPublic: true)!); // Null only for a nullable value.
}
