using Microsoft.Extensions.Hosting;
using Wolverine;

namespace Monolith.Adapters.Wolverine;

/// <summary>One of Wolverine's transports, as a feed needs it.</summary>
internal interface IFeedBroker
{
    /// <summary>Kind and place, for logs and faults, without secrets: <c>RabbitMQ mq:5672</c>.</summary>
    string Name { get; }

    /// <summary>Where messages are sent, as Wolverine addresses it.</summary>
    Uri Destination { get; }

    /// <summary>How long connecting, and each answer of the broker, may take.</summary>
    TimeSpan Timeout { get; }

    /// <summary>
    /// Makes what is missing there and may be made, without Wolverine: it would try again for a while, and say less about what is wrong.
    /// </summary>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Sets the transport up so that sending completes when the broker confirmed it, and not before.</summary>
    void Configure(WolverineOptions options);

    /// <summary>Looks whether it is well, without sending anything.</summary>
    /// <param name="host">In which Wolverine runs.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="Exception">It is not; of whatever type.</exception>
    Task LookAsync(IHost host, CancellationToken cancellationToken);

    /// <summary>Says what went wrong, in one line without secrets.</summary>
    string ReasonOf(Exception exception);
}
