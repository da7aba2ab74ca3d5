namespace Monolith.Adapters.Embedded;

/// <summary>
/// Keeps some of a disk free: what is stored must still be readable, repairable and deletable when there is no room for more.
/// </summary>
/// <param name="place">A file or directory, which need not be there yet.</param>
/// <param name="reserve">Bytes to keep free.</param>
internal sealed class DiskSpace(string place, long reserve) : IDisk
{
    /// <summary>Unless the URL says otherwise: more than a large write-ahead log.</summary>
    public const long DefaultReserve = 64 << 20;

    private volatile bool _isLow;

    /// <inheritdoc />
    public string Place => place;

    /// <inheritdoc />
    public DiskState Look()
    {
        var free = Free();

        // It takes a little more to write again than it took to stop, or a disk at its limit would change its mind with every request.
        _isLow = free < reserve + (_isLow ? reserve / 10 : 0);
        return new DiskState(free, reserve, _isLow);
    }

    /// <summary>Looks before something is written: one system call.</summary>
    /// <exception cref="StoreUnavailableException">The disk is as full as it may become.</exception>
    public void RequireRoom()
    {
        if (Look().IsLow)
        {
            throw new StoreUnavailableException(
                $"The disk of {place} has less than {reserve >> 20} MB left; nothing is written until there is more.", isFull: true,
                cause: null);
        }
    }

    private long Free()
    {
        try
        {
            var there = place;
            while (!Path.Exists(there) && Path.GetDirectoryName(there) is { } parent)
            {
                there = parent;
            }

            return new DriveInfo(there).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A place that cannot be measured, on a share for instance, is written until it says itself that it is full.
            return long.MaxValue;
        }
    }
}
