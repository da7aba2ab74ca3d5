using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Modules.Tests.Platform;

/// <summary>Requests with an idempotency key, and what is stored of them.</summary>
internal static class Keyed
{
    private const string Kind = "kernel.idempotency.v1";

    public static string NewKey() => Id.New(TimeProvider.System, default).ToString();

    public static async Task<Answer> SendAsync(this HttpClient http, string key, HttpMethod method, string path, HttpContent? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        if (method == HttpMethod.Patch)
        {
            request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
        }

        return await Answer.OfAsync(await http.SendAsync(request));
    }

    /// <summary>Renames the caller, who must be at version 1.</summary>
    public static Task<Answer> RenameAsync(this HttpClient http, string key, string name) =>
        http.SendAsync(key, HttpMethod.Patch, "/v1/users/me", JsonContent.Create(new { firstName = name }));

    /// <summary>The records that no other part wrote: those of the action.</summary>
    public static async Task<Document> RecordOfAsync(this App app, Func<Task> action)
    {
        var before = await app.RecordsAsync();
        await action();
        return Assert.Single(await app.RecordsAsync(), d => before.All(b => b.Id != d.Id));
    }

    public static async Task<IReadOnlyList<Document>> RecordsAsync(this App app, IndexEntry? entry = null)
    {
        await using var services = app.Services.CreateAsyncScope();
        var views = services.ServiceProvider.GetRequiredService<Views>();
        return await views.QueryAllAsync(new DocumentQuery(Kind, 1000) { Entry = entry }, CancellationToken.None);
    }

    /// <summary>Writes the record as another process would have left it.</summary>
    public static async Task PutAsync(this App app, Document record, Action<JsonObject>? change = null, IndexEntry? entry = null)
    {
        var json = JsonNode.Parse(record.Body)!.AsObject();
        change?.Invoke(json);
        await CommitAsync(
            app, new DocumentWrite(Kind, record.Id, new Bucket(0), System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()), record.Version)
        {
            Entries = entry is null ? [] : [entry],
        });
    }

    public static Task DeleteAsync(this App app, Document record) =>
        CommitAsync(app, new DocumentWrite(Kind, record.Id, null, null, record.Version));

    private static async Task CommitAsync(App app, DocumentWrite write)
    {
        var shards = app.Services.GetRequiredService<Shards>();
        var shard = shards.First;
        foreach (var other in shards.All)
        {
            shard = await other.Store.FindAsync(Kind, write.Id, CancellationToken.None) is null ? shard : other;
        }

        Assert.IsType<Committed>(await shard.CommitAsync(
            new Commit { Id = Id.New(TimeProvider.System, default), Bucket = default, Documents = [write] }, CancellationToken.None));
    }
}

/// <summary>All of an answer that is given again.</summary>
internal sealed record Answer(HttpStatusCode Status, string Headers, string Body, bool IsReplayed, HttpResponseMessage Message)
{
    private static readonly string[] _compared = ["Cache-Control", "Content-Length", "Content-Type", "ETag", "Location", "Monolith-Token"];

    public static async Task<Answer> OfAsync(HttpResponseMessage response)
    {
        // HAProxy writes names of headers in lower case.
        var all = response.Headers.Concat(response.Content.Headers).ToDictionary(
            h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
        var headers = _compared.Where(all.ContainsKey).Select(name => $"{name}: {all[name]}");
        var body = Convert.ToBase64String(await response.Content.ReadAsByteArrayAsync());
        return new Answer(
            response.StatusCode, string.Join('\n', headers), body, response.Headers.Contains("Idempotent-Replayed"), response);
    }

    public async Task IsReplayOfAsync(Answer first)
    {
        Assert.False(first.IsReplayed);
        Assert.True(IsReplayed, await Message.Content.ReadAsStringAsync());
        Assert.Equal((first.Status, first.Headers, first.Body), (Status, Headers, Body));
    }
}
