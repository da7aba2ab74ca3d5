using System.Diagnostics;
using OpenTelemetry.Trace;

namespace Monolith.Adapters.Otlp;

/// <summary>Decides which traces are exported: once, where a request comes in; what follows from it is a part or is not.</summary>
/// <remarks>
/// The header <c>traceparent</c> of a caller names the trace and does not decide: any client could have all of its requests exported, or
/// none. Reactions and jobs follow what was stored with their event or message, so a trace is whole over all processes.
/// </remarks>
internal sealed class OwnSampler(double ratio) : Sampler
{
    private readonly TraceIdRatioBasedSampler _ratio = new(ratio);

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        var parent = samplingParameters.ParentContext;
        return samplingParameters.Kind is ActivityKind.Server && IsProbe(samplingParameters.Tags) ? Decided(false)
            : samplingParameters.Kind is ActivityKind.Server ? _ratio.ShouldSample(samplingParameters)
            : parent.TraceId != default ? Decided(parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
            // A query or a request without anything that it is for is one of the loops, looking whether there is something to do.
            : samplingParameters.Kind is ActivityKind.Client ? Decided(false)
            : _ratio.ShouldSample(samplingParameters);
    }

    // Balancers and Prometheus ask all the time, and learn the same every time.
    private static bool IsProbe(IEnumerable<KeyValuePair<string, object?>>? tags) =>
        tags?.FirstOrDefault(t => t.Key == "url.path").Value is string path
        && (path == "/metrics" || path.StartsWith("/health/", StringComparison.Ordinal));

    private static SamplingResult Decided(bool isExported) =>
        new(isExported ? SamplingDecision.RecordAndSample : SamplingDecision.Drop);
}
