using Amazon.Runtime;
using Amazon.S3;

namespace Monolith.Adapters.S3;

/// <summary>Which bucket, and how to get there.</summary>
internal sealed class S3Settings
{
    private const string Example = "s3://access-key@photos?endpoint=https://s3.example.org&password-file=/run/secrets/s3";

    /// <summary>The smallest that S3 takes for any part of an upload but the last.</summary>
    public const int SmallestPart = 5 << 20;

    /// <summary>The query keys that are known.</summary>
    public static readonly IReadOnlyList<string> Keys =
        [.. PasswordSource.Keys, "endpoint", "region", "prefix", "part", "uploads", "timeout", "links", "links-endpoint"];

    // What the signature (version 4) allows: a week.
    private static readonly TimeSpan _longestLink = TimeSpan.FromDays(7);

    private PasswordSource? _secret;

    /// <summary>Where it stands in the configuration.</summary>
    public string Setting { get; private init; } = "";

    /// <summary>Which bucket.</summary>
    public string Bucket { get; private init; } = "";

    /// <summary>What every key begins with there; empty, or ends with a slash.</summary>
    public string Prefix { get; private init; } = "";

    /// <summary>How much of an upload is in memory at once, in bytes; what is larger goes up in several parts.</summary>
    public int Part { get; private init; } = SmallestPart;

    /// <summary>How many uploads hold a part in memory at once; others wait.</summary>
    public int Uploads { get; private init; }

    /// <summary>How long any one request may take until its answer begins, and how long a piece of an answer may take.</summary>
    public TimeSpan Timeout { get; private init; }

    /// <summary>How long an address that is handed to a reader is good; null when none is handed out.</summary>
    public TimeSpan? Links { get; private init; }

    /// <summary>Whether readers reach the store without TLS: on a machine of one's own.</summary>
    public bool IsPlain => (LinksEndpoint ?? Endpoint)?.Scheme == Uri.UriSchemeHttp;

    /// <summary>Where it is, without secrets.</summary>
    public string Name => Endpoint is null ? $"{Bucket} ({Region})" : $"{Bucket} at {Endpoint.Authority}";

    private Uri? Endpoint { get; init; }

    private Uri? LinksEndpoint { get; init; }

    private string Region { get; init; } = "";

    private string AccessKey { get; init; } = "";

    /// <summary>Reads everything now, so that faults come out before anything starts.</summary>
    public static S3Settings Read(AdapterUrl url)
    {
        if (url.Authority.Length == 0)
        {
            url.Faults.Add(url.Setting, $"names no bucket; write it like \"{Example}\"");
        }

        if (url.Path.Length > 0)
        {
            url.Faults.Add(url.Setting, "has a path after the bucket; write it as \"prefix\"");
        }

        var secret = PasswordSource.Of(url);
        if (secret.IsGiven != url.User.Length > 0)
        {
            url.Faults.Add(url.Setting, secret.IsGiven ? $"gives a secret and no access key; write it like \"{Example}\""
                : "gives an access key and no secret; add \"password-file\" or \"password-env\"");
        }

        var links = url.Keys.Contains("links") ? url.Duration("links", TimeSpan.FromMinutes(5)) : (TimeSpan?)null;
        if (links > _longestLink)
        {
            url.Faults.Add(url.Setting, "key \"links\" must be at most 168h");
        }

        if (links is null && url.Keys.Contains("links-endpoint"))
        {
            url.Faults.Add(url.Setting, "key \"links-endpoint\" is for links; say with \"links\" how long they are good");
        }

        return new S3Settings
        {
            Setting = url.Setting,
            Bucket = url.Authority,
            AccessKey = url.User,
            _secret = secret.IsGiven ? secret : null,
            Endpoint = EndpointOf(url, "endpoint"),
            Links = links,
            LinksEndpoint = EndpointOf(url, "links-endpoint"),
            Region = url.Text("region", "us-east-1"),
            Prefix = PrefixOf(url),
            Part = PartOf(url),
            Uploads = url.Number("uploads", 16, 1, 1000),
            Timeout = url.Duration("timeout", TimeSpan.FromSeconds(10)),
        };
    }

    /// <summary>
    /// Makes the client. Without an access key it asks its surroundings: the role of the machine, the variables of the environment.
    /// </summary>
    public AmazonS3Client Open() => Open(Endpoint);

    /// <summary>Makes the client that signs addresses for readers, who may reach the store under another name than we do.</summary>
    public AmazonS3Client OpenForLinks() => Open(LinksEndpoint ?? Endpoint);

    /// <summary>Keeps the secret out of logs.</summary>
    public override string ToString() => Name;

    private AmazonS3Client Open(Uri? endpoint)
    {
        var config = new AmazonS3Config
        {
            AuthenticationRegion = Region,
            Timeout = Timeout,
            MaxErrorRetry = 1,
            // Sums of its own kind are not known to every server; each upload is signed with the SHA-256 of its bytes, which every server
            // checks.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (endpoint is null)
        {
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(Region);
        }
        else
        {
            (config.ServiceURL, config.ForcePathStyle, config.UseHttp) = (endpoint.ToString(), true, endpoint.Scheme == Uri.UriSchemeHttp);
        }

        return _secret is null
            ? new AmazonS3Client(config)
            : new AmazonS3Client(new BasicAWSCredentials(AccessKey, _secret.Read()), config);
    }

    private static Uri? EndpointOf(AdapterUrl url, string key)
    {
        var text = url.Text(key, "");
        if (text.Length == 0)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https"
            && endpoint is { AbsolutePath: "/", UserInfo: "", Query: "" })
        {
            return endpoint;
        }

        url.Faults.Add(url.Setting, $"key \"{key}\" must be like https://s3.example.org or http://127.0.0.1:9000");
        return null;
    }

    private static string PrefixOf(AdapterUrl url)
    {
        var prefix = url.Text("prefix", "").Trim('/');
        try
        {
            return prefix.Length == 0 ? "" : $"{BlobKeys.Check(prefix)}/";
        }
        catch (ArgumentException)
        {
            url.Faults.Add(url.Setting, "key \"prefix\" takes a-z 0-9 - _ . and slashes between its parts");
            return "";
        }
    }

    private static int PartOf(AdapterUrl url)
    {
        var part = url.Bytes("part", SmallestPart);
        if (part is < SmallestPart or > 64 << 20)
        {
            url.Faults.Add(url.Setting, "key \"part\" must be from 5MB to 64MB");
        }

        return (int)Math.Clamp(part, SmallestPart, 64 << 20);
    }
}
