namespace Monolith.Modules.Tests.Media;

/// <summary>A host on data that outlives it, with settings of its own.</summary>
internal sealed class MediaApp(string directory, params string[] settings) : App
{
    protected override string Data => directory;

    protected override IEnumerable<string> Settings => settings;

    public static async Task<MediaApp> StartAsync(string directory, params string[] settings)
    {
        var app = new MediaApp(directory, settings);
        await ((IAsyncLifetime)app).InitializeAsync();
        return app;
    }
}

/// <summary>Lets a test act at the moment at which a blob is about to be put.</summary>
internal sealed class MeddlingBlobs(IBlobStore inner, Func<string, Task> beforePut) : IBlobStore
{
    public async ValueTask<long> PutAsync(string key, Stream content, CancellationToken cancellationToken)
    {
        await beforePut(key);
        return await inner.PutAsync(key, content, cancellationToken);
    }

    public ValueTask<Stream?> OpenAsync(string key, CancellationToken cancellationToken) => inner.OpenAsync(key, cancellationToken);

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);

    public IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken) =>
        inner.ListAsync(prefix, cancellationToken);
}
