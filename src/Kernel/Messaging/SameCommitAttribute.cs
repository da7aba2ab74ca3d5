namespace Monolith.Kernel.Messaging;

/// <summary>
/// Says of a request in a module's contracts that what its handler decides is stored by the commit of the module that sends it, or not at
/// all.
/// </summary>
/// <remarks>
/// Such a request can never be sent over a wire. Every request that a module sends to another and whose handler commits has it; a question,
/// whose handler only reads, needs none.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class SameCommitAttribute : Attribute;
