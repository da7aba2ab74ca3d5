namespace Monolith.Kernel.Adapters;

/// <summary>Lists which URL provides which port in this process.</summary>
/// <param name="Urls">By the port's name; printable, without secrets.</param>
public sealed record ChosenAdapters(IReadOnlyDictionary<string, string> Urls);
