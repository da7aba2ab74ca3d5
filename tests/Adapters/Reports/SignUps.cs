using System.Globalization;
using JasperFx.Events;
using JasperFx.Events.Projections;
using Marten;
using Marten.Events.Projections;
using Monolith.Adapters.Marten.Reports;

namespace Monolith.Adapters.Tests.Reports;

internal sealed record Registered(Guid UserId);

// From here on as docs/howto/add-a-report.md shows it.
internal sealed record SignUpDay(string Id, int Count);

internal sealed class SignUpsByDay : MultiStreamProjection<SignUpDay, string>
{
    public SignUpsByDay()
    {
        Name = "days";
        IncludeType<Registered>();
        Identity<IEvent<Registered>>(e => e.Timestamp.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
    }

    public override SignUpDay? Evolve(SignUpDay? day, string id, IEvent e) => new(id, (day?.Count ?? 0) + 1);
}

internal sealed class SignUpParts : IMartenReport
{
    public void Configure(StoreOptions options)
    {
        options.Events.MapEventType<Registered>("users.registered.v1");
        options.Projections.Add(new SignUpsByDay(), ProjectionLifecycle.Async);
    }
}
