namespace Monolith.Receivers;

/// <summary>Applies announcements in their order, each once.</summary>
public sealed class AnnouncementHandler(SignUps signUps, MissedAnnouncements missed)
{
    /// <summary>Takes one from the queue. It is acknowledged when this returns.</summary>
    public async Task Handle(Announcement announcement, CancellationToken cancellationToken)
    {
        while (announcement.After > signUps.PositionOf(announcement))
        {
            // A gap: something was announced before this that never came here.
            var (announcements, through) = await missed.AfterAsync(
                announcement.Shard, signUps.PositionOf(announcement), cancellationToken);
            foreach (var before in announcements)
            {
                signUps.Apply(before);
            }

            signUps.Reached(announcement with { Position = Math.Min(through, announcement.After) });
        }

        signUps.Apply(announcement);
    }
}
