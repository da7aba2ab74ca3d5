namespace Monolith.Kernel.Ports;

/// <summary>Something stored is not as it was written, so it cannot be used; everything else can.</summary>
public sealed class DamagedException : Exception
{
    /// <param name="what">Names it in one line, without what it holds: <c>event 3 of stream user-0197f0c2-…</c>.</param>
    /// <param name="cause">What could not be done with it.</param>
    public DamagedException(string what, Exception? cause)
        : base($"{what} is damaged.", cause)
    {
    }
}
