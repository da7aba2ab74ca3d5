using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Ports;

/// <summary>
/// Carries messages away as soon as they are stored, without looking for them. What it has no room for waits in the store like any other.
/// </summary>
/// <remarks>Called for each commit that sends messages, from any thread, so both must be quick and must not throw.</remarks>
public interface IMessageDispatcher
{
    /// <summary>
    /// Offers a message that is about to be stored. What is accepted is named in a <see cref="Dispatch"/> later, stored or not.
    /// </summary>
    /// <returns>Until when it is to be stored as reserved, so that no other node dispatches it meanwhile; null when it stays.</returns>
    DateTimeOffset? ReserveUntil(SendMessage message);

    /// <summary>
    /// Hands over messages that were accepted. One that is stored and never handed over, because a process ended in between for example, is
    /// due when its time runs out.
    /// </summary>
    /// <param name="messages">As reserved.</param>
    /// <param name="isStored">False when they are not stored, or when that is unknown.</param>
    void Dispatch(IReadOnlyList<ReservedMessage> messages, bool isStored);
}
