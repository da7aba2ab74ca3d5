namespace Monolith.Adapters.Otlp;

/// <summary>Counts what waits for its export, and what was dropped. Safe from any thread.</summary>
/// <remarks>The library has a queue of this size too and does not say what it dropped; nothing gets that far.</remarks>
internal sealed class Room(string signal, int size, Delivery delivery)
{
    private const int LargestBatch = 512;

    private int _waiting;

    /// <summary>How many go out in one request, for a queue of this size.</summary>
    public static int BatchOf(int size) => Math.Min(size, LargestBatch);

    /// <summary>Takes a place; false, and counted as dropped, where there is none.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _waiting) <= size)
        {
            return true;
        }

        Interlocked.Decrement(ref _waiting);
        delivery.Drop(signal, 1);
        return false;
    }

    /// <summary>Frees the places of a batch that was sent, whether it arrived or not.</summary>
    public void Leave(long count, bool hasArrived)
    {
        Interlocked.Add(ref _waiting, -(int)count);
        if (!hasArrived)
        {
            delivery.Drop(signal, count);
        }
    }
}
