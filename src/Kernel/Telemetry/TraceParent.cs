using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Monolith.Kernel.Telemetry;

/// <summary>
/// Carries a trace over what is stored, so that work done later, perhaps in another process, is a part of the trace of the request that
/// caused it.
/// </summary>
/// <remarks>Nothing is written or read while no trace is exported.</remarks>
public static class TraceParent
{
    /// <summary>
    /// The present span as W3C Trace Context writes it: what to store with work for later. Null where no trace is exported.
    /// </summary>
    public static string? Current => Meters.Traces.HasListeners() ? Activity.Current?.Id : null;

    /// <summary>Begins the trace of work that was stored; null where no trace is exported.</summary>
    /// <param name="name">What is done.</param>
    /// <param name="parent">What was <see cref="Current"/> when it was stored; null where there was none.</param>
    public static Activity? Start(string name, string? parent) => !Meters.Traces.HasListeners() ? null
        : Meters.Traces.StartActivity(
            name, ActivityKind.Consumer, ActivityContext.TryParse(parent, null, isRemote: true, out var context) ? context : default);

    /// <summary>Tells whether a span is exported.</summary>
    internal static bool IsRecorded([NotNullWhen(true)] Activity? span) => span is { Recorded: true } && Meters.Traces.HasListeners();

    /// <summary>Makes a parent of what is stored.</summary>
    /// <param name="trace">Its trace id; null where there is none.</param>
    /// <param name="span">Its span id; null where it is not exported, and then neither is what follows.</param>
    internal static ActivityContext Of(string? trace, string? span)
    {
        var flags = span is null ? "00" : "01";
        var id = span ?? ActivitySpanId.CreateRandom().ToHexString(); // A parent without one is none.
        return ActivityContext.TryParse($"00-{trace}-{id}-{flags}", null, isRemote: true, out var context) ? context : default;
    }
}
