using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Ports;

/// <summary>Knows kinds of messages that this program can handle, on nodes of some role at least.</summary>
/// <remarks>A module that takes messages registers one, so that the dispatcher knows what to ask the stores for.</remarks>
public interface IMessageKinds
{
    /// <summary>Their names.</summary>
    IReadOnlyCollection<string> Names { get; }
}

/// <summary>Brings messages to workers. The store stays the record: a message lost or repeated on the way harms nothing.</summary>
/// <remarks>
/// Every adapter passes <c>QueueContract</c>. Sending, settling and deferring are part of a commit, so that they happen with its events or
/// not at all.
/// </remarks>
public interface IQueue
{
    /// <summary>Waits until there is something to take, and takes it.</summary>
    /// <returns>One or more messages; none when the wait was long enough to look up and breathe.</returns>
    ValueTask<IReadOnlyList<TakenMessage>> TakeAsync(TakeMessages request, CancellationToken cancellationToken);

    /// <summary>Prolongs a lease from now on. False when it was lost: stop working on it.</summary>
    ValueTask<bool> ExtendAsync(TakenMessage message, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Makes due at once what an owner had taken: for a node that comes back and knows that its former self is dead.</summary>
    ValueTask ReleaseAllAsync(string owner, CancellationToken cancellationToken);
}
