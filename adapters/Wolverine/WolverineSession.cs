using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wolverine;
using Wolverine.Runtime;
using Wolverine.Transports.Sending;

namespace Monolith.Adapters.Wolverine;

/// <summary>Wolverine in a host of its own, from its start to the first failure: nothing of it is registered in our container.</summary>
internal sealed class WolverineSession : IAsyncDisposable
{
    // How many messages wait for their confirmation at once: one by one each would wait for a round trip.
    private const int Window = 100;

    private readonly IFeedBroker _broker;
    private readonly IHost _host;
    private readonly ISender _sender;

    private WolverineSession(IFeedBroker broker, IHost host)
    {
        (_broker, _host) = (broker, host);

        // Its agent would try a failed message again by itself, out of its order, a few times, and forget it then; and it would say at once
        // that all is well. What is behind the agent says when a message is confirmed, or that it is not.
        _sender = ((InlineSendingAgent)host.Services.GetRequiredService<IWolverineRuntime>().Endpoints
            .GetOrBuildSendingAgent(broker.Destination)).Sender;
    }

    /// <summary>Starts Wolverine and connects.</summary>
    public static async Task<WolverineSession> StartAsync(IFeedBroker broker, CancellationToken cancellationToken)
    {
        await broker.PrepareAsync(cancellationToken).WaitAsync(broker.Timeout, cancellationToken);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "monolith.feed" });
        builder.Services.AddSingleton<IHostLifetime, ToldLifetime>();
        builder.Services.AddWolverine(ExtensionDiscovery.ManualOnly, options =>
        {
            options.ApplicationAssembly = typeof(WolverineSession).Assembly;
            options.ServiceName = "monolith-feed";
            options.Durability.Mode = DurabilityMode.Solo;
            options.CodeGeneration.TypeLoadMode = JasperFx.CodeGeneration.TypeLoadMode.Static;
            options.Discovery.DisableConventionalDiscovery();
            broker.Configure(options);
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken).WaitAsync(broker.Timeout, cancellationToken);
            return new WolverineSession(broker, host);
        }
        catch
        {
            await EndAsync(host, broker.Timeout);
            throw;
        }
    }

    /// <summary>Looks whether the broker is well.</summary>
    public Task LookAsync(CancellationToken cancellationToken) =>
        _broker.LookAsync(_host, cancellationToken).WaitAsync(_broker.Timeout, cancellationToken);

    /// <summary>Sends messages in their order, and waits until each is confirmed.</summary>
    public async Task SendAsync(IReadOnlyList<FeedMessage> messages, CancellationToken cancellationToken)
    {
        var underWay = new Queue<Task>(Window);
        try
        {
            foreach (var (i, message) in messages.Index())
            {
                cancellationToken.ThrowIfCancellationRequested();
                underWay.Enqueue(_sender.SendAsync(EnvelopeOf(message)).AsTask());

                // The first alone, because it may have to open a channel; others follow each other on that. None follows one that was lost.
                while (underWay.Count > (i == 0 ? 0 : Window - 1) || underWay.Any(task => task.IsFaulted))
                {
                    await underWay.Dequeue().WaitAsync(_broker.Timeout, cancellationToken);
                }
            }

            while (underWay.TryDequeue(out var last))
            {
                await last.WaitAsync(_broker.Timeout, cancellationToken);
            }
        }
        finally
        {
            foreach (var task in underWay)
            {
                _ = task.ContinueWith(t => t.Exception, TaskScheduler.Default); // Observed: the first failure said it all.
            }
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => EndAsync(_host, _broker.Timeout);

    private Envelope EnvelopeOf(FeedMessage message) => new(message)
    {
        Id = message.Id,
        MessageType = message.Type,
        ContentType = FeedHeaders.ContentType,
        Destination = _broker.Destination,
        Data = message.Body.ToArray(),
    };

    private static async ValueTask EndAsync(IHost host, TimeSpan timeout)
    {
        try
        {
            await EndAsync().WaitAsync(timeout); // What takes longer ends by itself.
        }
#pragma warning disable CA1031 // A connection that is lost cannot be closed in order, whatever the libraries say to that.
        catch (Exception)
#pragma warning restore CA1031
        {
        }

        // One after the other: a native client must not be ended by two at once.
        async Task EndAsync()
        {
            try
            {
                await host.StopAsync(CancellationToken.None);
            }
            finally
            {
                await ((IAsyncDisposable)host).DisposeAsync();
            }
        }
    }

    /// <summary>A host that ends when it is told to, and takes no signal of the process.</summary>
    private sealed class ToldLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
