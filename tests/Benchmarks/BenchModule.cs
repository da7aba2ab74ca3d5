using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using MediatR;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Monolith.Jobs.Contracts;

namespace Monolith.Benchmarks;

/// <summary>What is measured that no module has: an aggregate that does next to nothing, and a job that does nothing.</summary>
internal sealed class BenchModule : IModule
{
    public string Name => "bench";

    public JsonSerializerContext Json => BenchJson.Default;

    /// <summary>The kind of messages that are no jobs.</summary>
    public const string Message = "bench.message";

    public void Register(IServiceCollection services, IConfigurationSection configuration, Faults faults) =>
        services.AddSingleton<Tally>().AddSingleton<IMessageKinds>(new Kinds());

    public void Map(IEndpointRouteBuilder routes)
    {
    }

    private sealed class Kinds : IMessageKinds
    {
        public IReadOnlyCollection<string> Names { get; } = [Message];
    }
}

/// <summary>Remembers what was noted last.</summary>
internal sealed record Note : IAggregate<Note>
{
    /// <summary>What the events here and those written by hand hold: about 200 bytes as JSON.</summary>
    public static readonly Noted Usual = new(new string('a', 60), new string('b', 60), 123_456, DateTimeOffset.UnixEpoch);

    public static string Category => "note";

    public static string Kind => "bench.note.v1";

    public static Note Initial { get; } = new();

    public Noted? Last { get; init; }

    public int Count { get; init; }

    public Note Apply(object @event) => @event is Noted noted ? this with { Last = noted, Count = Count + 1 } : this;

    [EventType("bench.noted.v1")]
    internal sealed record Noted(string What, string Where, long Number, DateTimeOffset At);
}

/// <summary>Says to other modules that something was noted; for measuring how fast a reaction follows.</summary>
[Announcement("bench.something-noted.v1")]
internal sealed record SomethingNoted(long Number) : INotification;

internal sealed class BenchAnnouncer : Announcer
{
    public BenchAnnouncer() => On<Note.Noted, SomethingNoted>((e, _) => new SomethingNoted(e.Number));
}

/// <summary>Follows along and does nothing.</summary>
[Reaction("bench.count-notes")]
internal sealed class CountNotes(Tally tally) : INotificationHandler<SomethingNoted>
{
    public Task Handle(SomethingNoted notification, CancellationToken cancellationToken)
    {
        tally.Count();
        return Task.CompletedTask;
    }
}

/// <summary>Does nothing, durably.</summary>
[JobType("bench.do-nothing.v1")]
internal sealed record DoNothing(int Number) : IJob;

internal sealed class DoNothingHandler : IRequestHandler<DoNothing, Result<Done>>
{
    public Task<Result<Done>> Handle(DoNothing request, CancellationToken cancellationToken) =>
        Task.FromResult<Result<Done>>(default(Done));
}

/// <summary>Counts what passes by, one after the other, and times it from the first to the last.</summary>
internal sealed class Tally
{
    private long _number;
    private long _first;
    private long _last;

    public long Number => Interlocked.Read(ref _number);

    /// <summary>How many passed by per second.</summary>
    public double Rate => (Number - 1) / Stopwatch.GetElapsedTime(_first, _last).TotalSeconds;

    public void Count()
    {
        _last = Stopwatch.GetTimestamp();
        if (_number == 0)
        {
            _first = _last;
        }

        Interlocked.Increment(ref _number);
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Note))]
[JsonSerializable(typeof(Note.Noted))]
[JsonSerializable(typeof(Notes))]
[JsonSerializable(typeof(DoNothing))]
internal sealed partial class BenchJson : JsonSerializerContext;
