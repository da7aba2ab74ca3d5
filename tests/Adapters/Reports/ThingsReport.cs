using System.Text.Json.Serialization;
using JasperFx.Events;
using JasperFx.Events.Projections;
using Marten;
using Marten.Events.Aggregation;
using Marten.Events.Projections;
using Microsoft.AspNetCore.Routing;
using Monolith.Adapters.Marten.Reports;

namespace Monolith.Adapters.Tests.Reports;

/// <summary>A report of tests, with every kind of projection that a report may have.</summary>
internal sealed class ThingsReport : IReport
{
    public string Name => "things";

    public JsonSerializerContext Json => throw new NotSupportedException("It answers nothing.");

    public void Map(IEndpointRouteBuilder routes)
    {
    }
}

internal sealed class ThingsParts : IMartenReport
{
    public void Configure(StoreOptions options)
    {
        options.Events.MapEventType<Made>("things.made.v1");
        options.Events.MapEventType<Painted>("things.painted.v1");
        options.Events.MapEventType<Broken>("things.broken.v1");
        options.Projections.Add(new LiveThings(), ProjectionLifecycle.Live);
        options.Projections.Add(new Snapshots(), ProjectionLifecycle.Async);
        options.Projections.Add(new Colours(), ProjectionLifecycle.Async);
        options.Projections.Add(new Fragile(), ProjectionLifecycle.Async);
    }
}

internal sealed record Made(string Name);

internal sealed record Painted(string Colour);

internal sealed record Broken;

/// <summary>Folded when it is asked for.</summary>
internal sealed record LiveThing(string Id, string Name, string? Colour);

internal sealed class LiveThings : SingleStreamProjection<LiveThing, string>
{
    public override LiveThing? Evolve(LiveThing? snapshot, string id, IEvent e) => e.Data switch
    {
        Made made => new LiveThing(id, made.Name, null),
        Painted painted => snapshot! with { Colour = painted.Colour }, // Made first.
        _ => snapshot,
    };
}

/// <summary>Folded in the background, one document for each stream.</summary>
internal sealed record Thing(string Id, string Name, int Coats);

internal sealed class Snapshots : SingleStreamProjection<Thing, string>
{
    public Snapshots()
    {
        Name = "snapshots";
        IncludeType<Made>();
        IncludeType<Painted>();
    }

    public override Thing? Evolve(Thing? snapshot, string id, IEvent e) => e.Data switch
    {
        Made made => new Thing(id, made.Name, 0),
        Painted => snapshot! with { Coats = snapshot.Coats + 1 }, // Made first.
        _ => snapshot,
    };
}

/// <summary>Folded in the background over many streams.</summary>
internal sealed record Colour(string Id, int Coats);

internal sealed class Colours : MultiStreamProjection<Colour, string>
{
    public Colours()
    {
        Name = "colours";
        IncludeType<Painted>();
        Identity<Painted>(e => e.Colour);
    }

    public override Colour? Evolve(Colour? snapshot, string id, IEvent e) => new(id, (snapshot?.Coats ?? 0) + 1);
}

/// <summary>Stops at a broken thing.</summary>
internal sealed record Whole(string Id, int Count);

internal sealed class Fragile : MultiStreamProjection<Whole, string>
{
    public Fragile()
    {
        Name = "fragile";
        IncludeType<Made>();
        IncludeType<Broken>();
        Identity<Made>(_ => "all");
        Identity<Broken>(_ => "all");
    }

    /// <summary>Whether it can fold a broken thing.</summary>
    public static bool IsCured { get; set; }

    public override Whole? Evolve(Whole? snapshot, string id, IEvent e) => e.Data is Broken && !IsCured
        ? throw new InvalidDataException("cannot count what is broken")
        : new(id, (snapshot?.Count ?? 0) + 1);
}
