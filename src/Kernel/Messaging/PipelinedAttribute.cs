namespace Monolith.Kernel.Messaging;

/// <summary>
/// Says of a request that its handler only decides: it loads aggregates, and its one effect is one commit. So it can be decided on a state
/// whose own commit is still on its way, and goes out right behind it.
/// </summary>
/// <remarks>
/// The handler may run several times, and on a state that will never be stored; then its answer is not used. For use cases that many
/// requests ask for at the same time of the same aggregate. A handler with any other effect, or that asks another module, is not one: its
/// constructor takes a unit of work and a clock, and nothing else. It sends no messages: decisions with messages are stored one in each
/// batch.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class PipelinedAttribute : Attribute;
