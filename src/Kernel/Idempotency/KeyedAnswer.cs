using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Monolith.Kernel.Http;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Idempotency;

/// <summary>An answer as it is given again: the status, the headers that belong to it, the body byte by byte.</summary>
internal sealed record KeyedAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    // No cookie: a credential is never stored.
    private static readonly string[] _kept = ["Cache-Control", "Content-Type", "ETag", "Location"];

    /// <summary>Reads what an endpoint answered.</summary>
    public static KeyedAnswer Of(HttpResponse response, byte[] body, string token)
    {
        var headers = _kept.Where(name => response.Headers.ContainsKey(name)).ToDictionary(
            name => name, name => response.Headers[name].ToString());
        headers[MonolithHeaders.Token] = token;
        return new KeyedAnswer(response.StatusCode, headers, body);
    }

    public static KeyedAnswer Read(byte[] json) =>
        JsonSerializer.Deserialize(json, KeyedAnswerJson.Default.KeyedAnswer)
            ?? throw new JsonException("null where an answer was expected");

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, KeyedAnswerJson.Default.KeyedAnswer);

    /// <summary>Takes back what an endpoint wanted to answer, so that something else can be.</summary>
    public static void Withdraw(HttpResponse response)
    {
        response.ContentLength = null;
        foreach (var name in _kept)
        {
            response.Headers.Remove(name);
        }
    }

    /// <summary>Gives the answer again.</summary>
    /// <param name="response">Where to.</param>
    /// <param name="demanded">What the client knows today: what the answer's token says is added to it.</param>
    public Task ReplayAsync(HttpResponse response, ConsistencyToken demanded)
    {
        response.StatusCode = Status;
        foreach (var (name, value) in Headers)
        {
            response.Headers[name] = value;
        }

        if (Headers.TryGetValue(MonolithHeaders.Token, out var text) && ConsistencyToken.TryParse(text, out var token))
        {
            response.Headers[MonolithHeaders.Token] = token.Join(demanded).ToString();
        }

        response.Headers[MonolithHeaders.IdempotentReplayed] = "true";
        return SendAsync(response, Body);
    }

    public static Task SendAsync(HttpResponse response, ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
        {
            return Task.CompletedTask;
        }

        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, response.HttpContext.RequestAborted).AsTask();
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(KeyedAnswer))]
internal sealed partial class KeyedAnswerJson : JsonSerializerContext;
