using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;
using Monolith.Host;

namespace Monolith.Benchmarks;

/// <summary>The real application with embedded adapters in a folder, and the bench's own module beside the others.</summary>
internal sealed class Installation : IAsyncDisposable
{
    private readonly WebApplication _host;
    private bool _isStarted;

    private Installation(WebApplication host) => _host = host;

    public Shard Shard => Get<Shards>().First;

    /// <summary>Where it listens, once it was started.</summary>
    public string Address => _host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Opens it, and starts nothing: no server, no loops.</summary>
    /// <param name="folder">Where its data lies.</param>
    /// <param name="map">Maps further endpoints.</param>
    /// <param name="store">URL of its store; a file in the folder when there is none.</param>
    /// <param name="settings">Further settings, as on the command line.</param>
    public static async Task<Installation> OpenAsync(
        string folder, Action<WebApplication>? map = null, string? store = null, params IReadOnlyList<string> settings)
    {
        var host = Application.Build(
            [
                "--urls=http://127.0.0.1:0",
                $"--Adapters:Store={store ?? $"sqlite:{folder}/store.db"}",
                $"--Adapters:Blobs=file:{folder}/blobs",
                $"--Adapters:Mail=file:{folder}/mail",
                "--Logging:LogLevel:Default=Warning",
                .. settings,
            ],
            [.. Catalog.Modules, new BenchModule()]);
        map?.Invoke(host);
        await Application.OpenAsync(host);
        return new Installation(host);
    }

    public T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    public AsyncServiceScope Scope() => _host.Services.CreateAsyncScope();

    /// <summary>Starts the server and every loop.</summary>
    public async Task StartAsync()
    {
        var output = Console.Out;
        try
        {
            // The link for the first administrator is of no use here.
            Console.SetOut(TextWriter.Null);
            await _host.StartAsync();
            _isStarted = true; // A host that could not start cannot be stopped, and its reason must be seen.
        }
        finally
        {
            Console.SetOut(output);
        }
    }

    /// <summary>Waits until its end is asked for.</summary>
    public Task WaitAsync() => _host.WaitForShutdownAsync();

    public async ValueTask DisposeAsync()
    {
        if (_isStarted)
        {
            await _host.StopAsync();
        }

        await _host.DisposeAsync();
    }
}
