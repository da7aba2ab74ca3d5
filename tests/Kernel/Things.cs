using System.Text.Json;
using System.Text.Json.Serialization;
using MediatR;

namespace Monolith.Kernel.Tests;

/// <summary>A module as small as one can be, to try the kernel with.</summary>
internal sealed class ThingsModule() : TestModule("things", ThingsJson.Default, typeof(ThingsModule).Assembly.GetTypes());

/// <summary>Counts, and remembers what it counted.</summary>
internal sealed record Thing : IAggregate<Thing>
{
    public static string Category => "thing";

    public static string Kind => "things.thing.v1";

    public static Thing Initial { get; } = new();

    public IReadOnlyList<string> Counted { get; init; } = [];

    public static StreamId Stream(string key, int bucket = 1) => new(new Bucket(bucket), Category, key);

    public Thing Apply(object @event) => @event switch
    {
        Happened e => this with { Counted = [.. Counted, e.What] },
        _ => throw new UnknownEventException(typeof(Thing), @event),
    };

    [EventType("things.happened.v1")]
    internal sealed record Happened(string What);
}

/// <summary>Something happened to a thing.</summary>
[Announcement("things.thing-happened.v1")]
internal sealed record ThingHappened(string What) : INotification;

/// <summary>A person has a name; a receiver elsewhere is never told which.</summary>
[Announcement("things.person-named.v1")]
internal sealed record PersonNamed(string Name, int Age) : INotification;

/// <summary>Says what happens, but for poison before it is cured.</summary>
internal sealed class ThingsAnnouncer : Announcer
{
    public ThingsAnnouncer()
    {
        On<Thing.Happened, ThingHappened>((e, _) => e.What == "poison" && !IsCured
            ? throw new InvalidDataException("cannot be announced")
            : new ThingHappened(e.What));
        On<Person.Named, PersonNamed>((e, _) => new PersonNamed(e.Name, e.Age));
    }

    public bool IsCured { get; set; }

    public ThingsAnnouncer Also<TEvent, TAnnouncement>(TAnnouncement announcement)
        where TEvent : class
        where TAnnouncement : class, INotification
    {
        On<TEvent, TAnnouncement>((_, _) => announcement);
        return this;
    }
}

/// <summary>Names a thing.</summary>
internal readonly record struct ThingId(Guid Value) : IId<ThingId>
{
    public static ThingId From(Guid value) => new(value);
}

/// <summary>A person with a name, which is personal.</summary>
internal sealed record Person : IAggregate<Person>
{
    public static string Category => "person";

    public static string Kind => "things.person.v1";

    public static Person Initial { get; } = new();

    public string Name { get; init; } = "";

    public Nickname? Nickname { get; init; }

    public static StreamId Stream(Guid id) => new(Bucket.Of(id), Category, id.ToString());

    public static Guid? SubjectOf(StreamId stream, Person state) => Guid.Parse(stream.Key);

    public Person Apply(object @event) => @event switch
    {
        Named e => this with { Name = e.Name, Nickname = e.Nickname },
        Left => Initial,
        _ => throw new UnknownEventException(typeof(Person), @event),
    };

    [EventType("things.named.v1")]
    internal sealed record Named([Personal] string Name, [Personal] Nickname? Nickname, int Age);

    [EventType("things.left.v1")]
    internal sealed record Left;
}

internal sealed record Nickname(string Text);

/// <summary>Holds something personal and does not say whose it is.</summary>
internal sealed record Stray : IAggregate<Stray>
{
    public static string Category => "stray";

    public static string Kind => "things.stray.v1";

    public static Stray Initial { get; } = new();

    public Stray Apply(object @event) => this;

    [EventType("things.noted.v1")]
    internal sealed record Noted([Personal] string Text);
}

/// <summary>How many there were.</summary>
internal sealed record Tally(int Count);

internal sealed class TallyProjection : Projection<Tally>
{
    public const string ViewKind = "things.tally.v1";

    public override string Kind => ViewKind;

    public override string Category => Thing.Category;

    public override Tally Apply(Tally? view, object @event) => new((view?.Count ?? 0) + 1);
}

/// <summary>What happened, in the order of the log: to each thing, and altogether.</summary>
internal sealed record Chronicle(IReadOnlyList<string> Happened);

internal sealed class ChronicleProjection : FollowedProjection<Chronicle>
{
    public const string ViewName = "things.chronicle";
    public const string All = "all";

    private readonly int _version;

    public ChronicleProjection(int version = 1, string prefix = "", bool isCured = false)
    {
        _version = version;
        On<Thing.Happened>((_, stored) => stored.Stream.Key, (view, e) => Add(view, prefix + e.What));
        On<Thing.Happened>((_, _) => All, (view, e) => e.What switch
        {
            "poison" when !isCured => throw new InvalidDataException("cannot be folded"),
            "early" => throw new OutOfOrderException("nothing to go on from"),
            "forget" => null,
            _ => Add(view, prefix + e.What),
        });
    }

    public override string Name => ViewName;

    public override int Version => _version;

    public override IReadOnlyList<IndexEntry> Entries(string key, Chronicle view) => [new IndexEntry("length", $"{view.Happened.Count}")];

    private static Chronicle Add(Chronicle? view, string what) => new([.. view?.Happened ?? [], what]);
}

/// <summary>Counts something, after something else was done between reading and writing.</summary>
internal sealed record Count(StreamId Stream, string What, Func<Task> Meanwhile) : IRequest<Result<int>>;

internal sealed class CountHandler(UnitOfWork work) : IRequestHandler<Count, Result<int>>
{
    public async Task<Result<int>> Handle(Count request, CancellationToken cancellationToken)
    {
        var thing = await work.LoadAsync<Thing>(request.Stream, cancellationToken);
        await request.Meanwhile();
        thing.Append(new Thing.Happened($"{request.What} after {thing.State.Counted.Count}"));
        await work.CommitAsync(cancellationToken);
        return thing.State.Counted.Count;
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Thing))]
[JsonSerializable(typeof(Thing.Happened))]
[JsonSerializable(typeof(ThingHappened))]
[JsonSerializable(typeof(PersonNamed))]
[JsonSerializable(typeof(Person))]
[JsonSerializable(typeof(Person.Named))]
[JsonSerializable(typeof(Person.Left))]
[JsonSerializable(typeof(Stray))]
[JsonSerializable(typeof(Stray.Noted))]
[JsonSerializable(typeof(Tally))]
[JsonSerializable(typeof(Chronicle))]
internal sealed partial class ThingsJson : JsonSerializerContext;
