namespace Monolith.Kernel.Tests.Messaging;

/// <summary>A broker that keeps every message, and fails as a test wants it to.</summary>
internal sealed class RecordingFeed : IFeed
{
    /// <summary>What arrived.</summary>
    public List<FeedMessage> Arrived { get; } = [];

    /// <summary>How many messages each call had.</summary>
    public List<int> Pages { get; } = [];

    /// <summary>How many messages of a page arrive before the connection is lost. By default all do, and are confirmed.</summary>
    public Queue<int> Losses { get; } = [];

    /// <summary>What is awaited between the arrival and the confirmations.</summary>
    public Task Confirmed { get; set; } = Task.CompletedTask;

    public async ValueTask PublishAsync(IReadOnlyList<FeedMessage> messages, CancellationToken cancellationToken)
    {
        Pages.Add(messages.Count);
        if (Losses.TryDequeue(out var arriving))
        {
            Arrived.AddRange(messages.Take(arriving));
            throw new FeedUnavailableException("the connection was lost");
        }

        Arrived.AddRange(messages);
        await Confirmed.WaitAsync(cancellationToken);
    }
}
