namespace Monolith.Benchmarks.Peer;

/// <summary>An application does not do what it is measured for; the message says which, and what it does.</summary>
internal sealed class NotMeasuredException(string message) : Exception(message);
