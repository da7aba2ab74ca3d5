namespace Monolith.Jobs;

/// <summary>How many jobs are taken at a time: what there is room for, or as many as begin within a moment when jobs are short.</summary>
/// <remarks>
/// Taking costs a transaction, so short jobs are taken by the hundred. Long ones are not: they would wait here while another node has room.
/// </remarks>
internal sealed class JobPage
{
    /// <summary>What has not begun by then is given back; well below the lease.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    // Half a batch of the store: what they store in the end goes out in one transaction.
    private const int Most = 256;

    private static readonly TimeSpan _moment = TimeSpan.FromMilliseconds(250);

    private int _size;

    /// <summary>How many to take next.</summary>
    /// <param name="room">How many can begin at once.</param>
    public int Next(int room) => Math.Max(room, _size);

    /// <summary>Learns from the last page.</summary>
    /// <param name="asked">How many were asked for.</param>
    /// <param name="count">How many there were.</param>
    /// <param name="elapsed">Until the last of them began.</param>
    public void Began(int asked, int count, TimeSpan elapsed)
    {
        if (elapsed > _moment)
        {
            _size = 0;
        }
        else if (count == asked)
        {
            _size = Math.Min(Most, asked * 2);
        }
    }
}
