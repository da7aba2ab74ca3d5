using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Monolith.Support;

/// <summary>A real HTTP server in this process that answers as it is told.</summary>
public sealed class TestWeb : IAsyncDisposable
{
    private WebApplication? _server;

    /// <summary>What it does; may be changed while it runs.</summary>
    public RequestDelegate Answer { get; set; } = context => context.Response.WriteAsync("fine");

    /// <summary>Where it listens.</summary>
    public int Port { get; private set; }

    /// <summary>Starts it with its answer.</summary>
    public static async Task<TestWeb> StartAsync(RequestDelegate? answer = null)
    {
        var web = new TestWeb();
        web.Answer = answer ?? web.Answer;
        await web.ResumeAsync();
        return web;
    }

    /// <summary>Ends it; its port is free then.</summary>
    public async Task StopAsync()
    {
        if (_server is not null)
        {
            using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            await _server.StopAsync(now.Token);
            await _server.DisposeAsync();
            _server = null;
        }
    }

    /// <summary>Starts it again, on the same port.</summary>
    public async Task ResumeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, Port);
            kestrel.Limits.MaxRequestHeadersTotalSize = 256 << 10;
        });
        _server = builder.Build();
        _server.Run(context => Answer(context));
        await _server.StartAsync();
        // It has started.
        Port = new Uri(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync() => await StopAsync();
}
