using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.S3;

/// <summary>
/// The way to the bucket, and what is known of its health: asked for while it is unavailable, told by every call while it is there.
/// </summary>
internal sealed partial class S3Bucket(
    S3Settings settings, TimeProvider clock, ILogger<S3Bucket> log) : BackgroundService, IExternalDependency
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(2);

    private readonly Lazy<AmazonS3Client> _client = new(settings.Open);
    private readonly Lazy<AmazonS3Client> _links = new(settings.OpenForLinks);
    private volatile string? _fault;

    /// <inheritdoc />
    public string Port => Kernel.Adapters.Port.Blobs.Name;

    /// <inheritdoc />
    public string? Fault => _fault;

    /// <summary>Which bucket, and how to get there.</summary>
    public S3Settings Settings => settings;

    /// <summary>Asks the server.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be reached, or refuses.</exception>
    public async ValueTask<T> AskAsync<T>(Func<AmazonS3Client, Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await ask(_client.Value);
            Note(null);
            return answer;
        }
        catch (Exception e) when (S3Failure.IsOutage(e, cancellationToken))
        {
            var unavailable = S3Failure.ToUnavailable(e, settings);
            Note(unavailable.Message);
            throw unavailable;
        }
        catch (AmazonS3Exception)
        {
            Note(null); // An answer, if not the one that was hoped for.
            throw;
        }
    }

    /// <summary>Signs an address that reads one object and nothing else, until it expires. Sends no request.</summary>
    public async Task<Uri> LinkAsync(string name, string contentType, string fileName) =>
        new(await _links.Value.GetPreSignedURLAsync(new GetPreSignedUrlRequest
    {
        BucketName = settings.Bucket,
        Key = name,
        Verb = HttpVerb.GET,
        Expires = clock.GetUtcNow().UtcDateTime + settings.Links!.Value, // Asked only where links are on.
        Protocol = settings.IsPlain ? Protocol.HTTP : Protocol.HTTPS,
        ResponseHeaderOverrides = new ResponseHeaderOverrides
        {
            ContentType = contentType, ContentDisposition = $"inline; filename=\"{fileName}\"", CacheControl = "private, no-store",
        },
    }));

    /// <inheritdoc />
    /// <exception cref="ConfigurationException">The bucket or the access key is not known there, or allows too little.</exception>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ListAsync(_client.Value, cancellationToken);
        }
        catch (Exception e) when (S3Failure.IsOutage(e, cancellationToken))
        {
            if (S3Failure.ToFault(e, settings) is { } fault)
            {
                throw fault;
            }

            Note(S3Failure.ToUnavailable(e, settings).Message); // It may come later than this process.
        }
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        base.Dispose();
        foreach (var client in new[] { _client, _links }.Where(c => c.IsValueCreated))
        {
            client.Value.Dispose();
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (_fault is not null)
                {
                    await LookAgainAsync(stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task LookAgainAsync(CancellationToken stopping)
    {
        try
        {
            await AskAsync(s3 => ListAsync(s3, stopping), stopping);
        }
        catch (Exception e) when (e is StoreUnavailableException or AmazonS3Exception)
        {
            // Noted already; it is asked again.
        }
    }

    // Listing is what every use needs, and unlike a HEAD it says in its body what is wrong.
    private Task<ListObjectsV2Response> ListAsync(AmazonS3Client s3, CancellationToken cancellationToken) =>
        s3.ListObjectsV2Async(
            new ListObjectsV2Request { BucketName = settings.Bucket, Prefix = settings.Prefix, MaxKeys = 1 }, cancellationToken);

    private void Note(string? fault)
    {
        var former = Interlocked.Exchange(ref _fault, fault);
        if (former is null && fault is not null)
        {
            LogLost(fault);
        }
        else if (former is not null && fault is null)
        {
            LogBack(settings.Name);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Fault}")]
    private partial void LogLost(string fault);

    [LoggerMessage(LogLevel.Information, "The bucket {Bucket} is available again")]
    private partial void LogBack(string bucket);
}
