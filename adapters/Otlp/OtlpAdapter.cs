namespace Monolith.Adapters.Otlp;

/// <summary>
/// A collector of OpenTelemetry that takes OTLP over HTTP:
/// <c>otlp://collector:4318?logs=true&amp;traces=0.1&amp;metrics=false&amp;token-file=/run/secrets/otlp</c>; <c>otlps</c> with TLS.
/// </summary>
public sealed class OtlpAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["otlp", "otlps"];

    // Named by its method alone, so that the exporter is not loaded before it is chosen.
    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings { get; } = [new(Port.Telemetry.Name, OtlpSettings.Keys, OtlpServices.Add)];
}
