namespace Monolith.Modules.Tests.Sessions;

/// <summary>The clock of the world, some days ahead: what waits for a while waits as long as ever.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    private TimeSpan _ahead;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + _ahead;

    /// <summary>Goes on from another moment.</summary>
    public void MoveTo(DateTimeOffset now) => _ahead = now - System.GetUtcNow();
}
