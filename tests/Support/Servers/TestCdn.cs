using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Monolith.Support;

/// <summary>
/// What stands for a CDN and its API: copies with keys, forgotten by who shows the token. A real server; what it does wrong can be chosen.
/// </summary>
internal sealed class TestCdn : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, string[]> _copies = new();
    private TestWeb? _web;

    /// <summary>Who shows it may purge.</summary>
    public string Token { get; set; } = "0123456789abcdef";

    /// <summary>Every request to its API: method, path, headers, body.</summary>
    public ConcurrentQueue<Call> Calls { get; } = new();

    /// <summary>What it does instead of purging; null when it is well.</summary>
    public RequestDelegate? Instead { get; set; }

    /// <summary>How many keys it takes in one request.</summary>
    public int Batch { get; set; } = 30;

    public int Port => _web!.Port; // Who has one has started it.

    public static async Task<TestCdn> StartAsync()
    {
        var cdn = new TestCdn();
        cdn._web = await TestWeb.StartAsync(cdn.AnswerAsync);
        return cdn;
    }

    public Task StopAsync() => _web!.StopAsync(); // As above.

    public Task ResumeAsync() => _web!.ResumeAsync(); // As above.

    public void Keep(string path, IReadOnlyList<string> keys) => _copies[path] = [.. keys];

    public bool Has(string path) => _copies.ContainsKey(path);

    public async ValueTask DisposeAsync()
    {
        if (_web is not null)
        {
            await _web.DisposeAsync();
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var call = new Call(
            context.Request.Method, context.Request.Path, context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString()),
            await reader.ReadToEndAsync());
        Calls.Enqueue(call);
        if (Instead is { } instead)
        {
            await instead(context);
            return;
        }

        if (call.Method == "GET")
        {
            await context.Response.WriteAsync("A client looks whether we are there.");
            return;
        }

        var keys = KeysOf(call);
        context.Response.StatusCode = !call.Headers.Values.Any(v => v == Token || v == $"Bearer {Token}") ? 401 : keys.Length is 0
            || keys.Length > Batch ? 400 : 200;
        if (context.Response.StatusCode == 200)
        {
            foreach (var copy in _copies.Where(c => c.Value.Intersect(keys).Any()))
            {
                _copies.TryRemove(copy.Key, out _);
            }

            await context.Response.WriteAsync($$"""{ "success": true, "id": "purge-{{Calls.Count}}" }""");
        }
    }

    private static string[] KeysOf(Call call)
    {
        if (call.Headers.TryGetValue("Surrogate-Key", out var header))
        {
            return header.Split(' ', ',');
        }

        using var json = JsonDocument.Parse(call.Body);
        var value = json.RootElement.EnumerateObject().First().Value;
        return value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(k => k.GetString() ?? "")]
            : [value.GetString() ?? ""];
    }

    /// <summary>A request that it got.</summary>
    internal sealed record Call(string Method, string Path, Dictionary<string, string> Headers, string Body);
}
