using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Monolith.Adapters.Edge;

/// <summary>Tells a CDN by its HTTP API: one request with a list of keys, in a header or in the body.</summary>
internal sealed class PurgeApi(PurgeApiSettings settings, EdgeClient client) : IPurge
{
    /// <inheritdoc />
    public int Batch => settings.Batch;

    /// <inheritdoc />
    public async Task<string> SendAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        using var request = RequestFor(keys);
        var answer = await client.AskAsync(request, settings.Timeout, cancellationToken);
        var line = EdgeClient.OneLine(answer.Body);
        return SaysNo(answer.Body)
            ? throw new EdgeFaultException($"it says {(line.Length > 200 ? line[..200] : line)}", null, null)
            : $"{(int)answer.Status} {line}".TrimEnd();
    }

    /// <inheritdoc />
    // There is nothing to ask that would cost nothing and mean the same at every CDN.
    public Task<bool> CheckAsync(CancellationToken cancellationToken) => Task.FromResult(false);

    private HttpRequestMessage RequestFor(IReadOnlyList<string> keys)
    {
        var request = new HttpRequestMessage(settings.Method, settings.Address);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (TokenOf() is { } token)
        {
            request.Headers.TryAddWithoutValidation(
                settings.AuthHeader, settings.AuthHeader == "Authorization" ? $"Bearer {token}" : token);
        }

        if (settings.KeyHeader is { } header)
        {
            request.Headers.TryAddWithoutValidation(header, string.Join(settings.Separator, keys));
        }

        if (settings.Body is { } body)
        {
            // A key has nothing in it that JSON would have to escape.
            var text = body.Replace("{keys}", $"[{string.Join(',', keys.Select(k => $"\"{k}\""))}]", StringComparison.Ordinal)
                .Replace("{key}", keys[0], StringComparison.Ordinal);
            request.Content = new StringContent(text, Encoding.UTF8, "application/json");
        }

        return request;
    }

    private string? TokenOf()
    {
        try
        {
            return settings.Token.Read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeFaultException("the file with the token cannot be read", null, e);
        }
    }

    // Some answer 200 and say in the body that it came to nothing.
    private static bool SaysNo(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind is JsonValueKind.Object
                && json.RootElement.TryGetProperty("success", out var success) && success.ValueKind is JsonValueKind.False;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <summary>How the API wants to be asked.</summary>
internal sealed class PurgeApiSettings
{
    private const string Example = "purge+https://api.example.com/purge?header=Surrogate-Key&password-file=/run/secrets/purge";

    /// <summary>The query keys that are known.</summary>
    public static readonly IReadOnlyList<string> Keys =
        [.. EdgeSettings.Keys, .. PasswordSource.Keys, "method", "header", "separator", "body", "auth-header", "batch", "purge-timeout"];

    /// <summary>Where it is.</summary>
    public Uri Address { get; private init; } = new("http://localhost");

    /// <summary>By which method it is asked.</summary>
    public HttpMethod Method { get; private init; } = HttpMethod.Post;

    /// <summary>The header that takes the keys; null for none.</summary>
    public string? KeyHeader { get; private init; }

    /// <summary>What stands between them there.</summary>
    public string Separator { get; private init; } = " ";

    /// <summary>The body with a place for the keys; null for none.</summary>
    public string? Body { get; private init; }

    /// <summary>The header that takes the token.</summary>
    public string AuthHeader { get; private init; } = "";

    /// <summary>What shows that we may.</summary>
    public required PasswordSource Token { get; init; }

    /// <summary>How many keys go into one request.</summary>
    public int Batch { get; private init; }

    /// <summary>How long an answer may take.</summary>
    public TimeSpan Timeout { get; private init; }

    /// <summary>Reads everything now, so that faults come out before anything starts.</summary>
    public static PurgeApiSettings Read(AdapterUrl url)
    {
        var (header, body) = (url.Text("header", ""), url.Text("body", ""));
        if (header.Length == 0 == (body.Length == 0))
        {
            url.Faults.Add(url.Setting, "needs one of \"header\" and \"body\", which says where the keys go");
        }

        var takesOne = body.Contains("{key}", StringComparison.Ordinal);
        if (body.Length > 0 && !takesOne && !body.Contains("{keys}", StringComparison.Ordinal))
        {
            url.Faults.Add(url.Setting, "key \"body\" has no place for the keys: {keys} for a JSON array, or {key} for one at a time");
        }

        if (url.User.Length > 0 || url.Password.Length > 0)
        {
            url.Faults.Add(url.Setting, "has a user; give the token by \"password-file\" or \"password-env\"");
        }

        return new PurgeApiSettings
        {
            Address = AddressOf(url),
            Method = new HttpMethod(url.OneOf("method", "POST", "POST", "PURGE", "PUT", "DELETE")),
            KeyHeader = header.Length == 0 ? null : HttpUrl.HeaderName(url, "header", "Surrogate-Key"),
            Separator = url.OneOf("separator", "space", "space", "comma") == "space" ? " " : ",",
            Body = body.Length == 0 ? null : body,
            AuthHeader = HttpUrl.HeaderName(url, "auth-header", "Authorization"),
            Token = PasswordSource.Of(url),
            Batch = takesOne ? 1 : url.Number("batch", 30, 1, 1000),
            Timeout = url.Duration("purge-timeout", TimeSpan.FromSeconds(10)),
        };
    }

    private static Uri AddressOf(AdapterUrl url)
    {
        var scheme = url.Scheme[(url.Scheme.IndexOf('+', StringComparison.Ordinal) + 1)..];
        if (url.Authority.Length > 0
            && Uri.TryCreate(
                $"{scheme}://{url.Authority}/{Uri.EscapeDataString(url.Path).Replace("%2F", "/", StringComparison.Ordinal)}",
                UriKind.Absolute, out var address))
        {
            return address;
        }

        url.Faults.Add(url.Setting, $"names no server; write it like \"{Example}\"");
        return new Uri("http://localhost");
    }
}
