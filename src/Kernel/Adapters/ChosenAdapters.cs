namespace Monolith.Kernel.Adapters;

/// <summary>Which URL plays which port in this process.</summary>
/// <param name="Urls">By the port's name; printable, without secrets.</param>
public sealed record ChosenAdapters(IReadOnlyDictionary<string, string> Urls);
