using System.Text;

namespace Monolith.Adapters.Tests.Properties;

/// <summary>Writes out all that can be seen of a store, so that two can be compared and a difference be read.</summary>
internal static class StoreText
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static string Of(TakenMessage message) =>
        $"{message.Id:N} {message.Kind} {message.Bucket} {Text(message.Body)} token {message.Token}";

    public static string Of(ReservedMessage message) =>
        $"{message.Id:N} {message.Kind} {message.Bucket} lane {message.Lane} {Text(message.Body)} after token {message.Token}";

    public static string Of(StoredEvent e) =>
        $"  {e.Position} {e.Stream.Bucket} {e.Stream} {e.Version} {e.Id:N} {e.Type} {Text(e.Data.Span)} {e.At:O} {Text(e.Meta.Span)}";

    public static string Of(Commit commit) =>
        $"{commit.Id:N} in {commit.Bucket}, epoch {commit.Epoch}"
        + string.Concat(commit.Appends.Select(a => $", append {a.Events.Count} to {a.Stream} at {a.ExpectedVersion}"))
        + string.Concat(commit.Checks.Select(c => $", check {c.Stream} at {c.ExpectedVersion}"))
        + string.Concat(commit.Documents.Select(Of))
        + string.Concat(commit.Messages.Select(m => $", {m.GetType().Name} {m.Id:N}"));

    /// <summary>Takes every message on the way, so it is the last thing to be done with a store.</summary>
    public static async Task<string> OfAllAsync(IStore store, FakeClock clock)
    {
        var text = new StringBuilder();
        text.AppendLine(
            $"head {await store.HeadAsync(Cancellation)}, next due {await store.NextDueAsync(StoreWalk.MessageKinds, Cancellation):O}");
        await foreach (var e in LogAsync(store))
        {
            text.AppendLine(Of(e));
        }

        foreach (var stream in StoreWalk.Streams)
        {
            text.AppendLine($"stream {stream}");
            foreach (var e in await store.ReadStreamAsync(stream, 0, int.MaxValue, Cancellation))
            {
                text.AppendLine(Of(e));
            }
        }

        foreach (var kind in StoreWalk.DocumentKinds)
        {
            await AppendAsync(new DocumentQuery(kind, 100));
            await AppendAsync(new DocumentQuery(kind, 2) { IsDescending = true });
            foreach (var entry in StoreWalk.Entries)
            {
                await AppendAsync(new DocumentQuery(kind, 100) { Entry = entry });
                await AppendAsync(new DocumentQuery(kind, 100) { Entry = entry, After = "2", IsDescending = true });
            }
        }

        clock.Advance(TimeSpan.FromDays(1));
        foreach (var kind in StoreWalk.MessageKinds)
        {
            text.AppendLine($"messages {kind}");
            var taken = await store.TakeAsync(new TakeMessages([kind], 100, "the end", TimeSpan.FromDays(9)), Cancellation);
            text.AppendJoin('\n', taken.Select(Of)).AppendLine();
        }

        return text.ToString();

        async Task AppendAsync(DocumentQuery query)
        {
            text.AppendLine($"{query}");
            foreach (var document in await store.QueryAsync(query, Cancellation))
            {
                text.AppendLine($"  {document.Kind}/{document.Id} {document.Version} {Text(document.Body)}");
            }
        }
    }

    private static async IAsyncEnumerable<StoredEvent> LogAsync(IStore store)
    {
        for (var page = await store.ReadLogAsync(LogStart.All, 7, null, Cancellation); page.Events.Count > 0;
            page = await store.ReadLogAsync(page.Through, 7, null, Cancellation))
        {
            foreach (var e in page.Events)
            {
                yield return e;
            }
        }
    }

    private static string Of(DocumentWrite write) =>
        $", {(write.Body is null ? "delete" : "write")} {write.Kind}/{write.Id} {write.Version} expecting "
            + $"{write.ExpectedVersion?.ToString() ?? "any"}"
        + string.Concat(write.Entries.Select(e => $" {e.Index}={e.Value}"));

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
