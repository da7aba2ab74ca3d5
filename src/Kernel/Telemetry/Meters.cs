using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Monolith.Kernel.Telemetry;

/// <summary>The kernel's instruments. Names are surface: dashboards and alerts rely on them.</summary>
public static class Meters
{
    /// <summary>What every meter and trace source of ours begins with.</summary>
    public const string Prefix = "Monolith";

    /// <summary>Traces of use cases, reactions and jobs.</summary>
    public static readonly ActivitySource Traces = new(Prefix);

    /// <summary>Where the kernel's instruments are.</summary>
    public static readonly Meter Kernel = new(Prefix);

    /// <summary>Commits stored.</summary>
    public static readonly Counter<long> Commits = Kernel.CreateCounter<long>("monolith.commits", "{commit}", "Commits stored");

    /// <summary>Commits refused because a concurrent one was first, by what moved.</summary>
    public static readonly Counter<long> Conflicts = Kernel.CreateCounter<long>(
        "monolith.conflicts", "{commit}", "Commits refused because a concurrent one was first");

    /// <summary>Duration of use cases, by request type and outcome.</summary>
    public static readonly Histogram<double> UseCases = Kernel.CreateHistogram(
        "monolith.use_case.duration", "s", "Duration of use cases", null,
        new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        });

    /// <summary>Events that a subscription parked, by subscription.</summary>
    public static readonly Counter<long> Parked = Kernel.CreateCounter<long>(
        "monolith.subscription.parked", "{event}", "Events that a subscription parked");

    /// <summary>Announcements that the broker of the feed confirmed.</summary>
    public static readonly Counter<long> Announced = Kernel.CreateCounter<long>(
        "monolith.feed.announced", "{announcement}", "Announcements that the broker of the feed confirmed");

    /// <summary>Requests refused because an endpoint had too many, by endpoint.</summary>
    public static readonly Counter<long> Overloaded = Kernel.CreateCounter<long>(
        "monolith.http.overloaded", "{request}", "Requests refused because an endpoint had too many");

    /// <summary>
    /// Answers that several requests shared because they wanted the same at the same time; the one who made it is not counted.
    /// </summary>
    public static readonly Counter<long> SharedAnswers = Kernel.CreateCounter<long>(
        "monolith.http.shared", "{request}", "Requests answered by what another one was making at the same time");

    /// <summary>Answers past their time, given because the source was unavailable.</summary>
    public static readonly Counter<long> StaleAnswers = Kernel.CreateCounter<long>(
        "monolith.http.stale", "{request}", "Requests answered by a copy past its time, because the source was unavailable");

    /// <summary>Answers that shared caches may keep and that we gave nevertheless, by class: what the edge did not have.</summary>
    public static readonly Counter<long> OriginRequests = Kernel.CreateCounter<long>(
        "monolith.edge.origin_requests", "{request}", "Answers of ours that shared caches may keep, by class");

    /// <summary>The bytes of these answers, by class.</summary>
    public static readonly Counter<long> OriginBytes = Kernel.CreateCounter<long>(
        "monolith.edge.origin_bytes", "By", "Bytes of our answers that shared caches may keep, by class");
}
