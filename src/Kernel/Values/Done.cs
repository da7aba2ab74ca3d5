namespace Monolith.Kernel.Values;

/// <summary>The value of a result that has nothing to tell but that it was done.</summary>
public readonly record struct Done;
