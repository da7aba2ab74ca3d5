namespace Monolith.Benchmarks.Kernel;

/// <summary>Commits of one event and one stream row each, with and without a document.</summary>
internal static class CommitLines
{
    // As many as a thing of everyday life gets: users, photos and jobs have few.
    private const int EventsPerStream = 10;

    private const string Raw = "hand-written group commit, fewest tables and indexes";

    /// <summary>Ready-made commits through the group commit.</summary>
    public static async Task<Line> RunAsync(Rounds rounds, int clients, bool hasDocument)
    {
        using var scratch = new Scratch();
        await using var ours = await Installation.OpenAsync(scratch.Folder);
        await using var raw = new RawStore(scratch.Folder, hasOurSchema: false);
        await using var same = new RawStore(scratch.Folder, hasOurSchema: true);
        var data = ours.Get<StoredJson>().Write(Note.Usual);
        var document = hasDocument ? data : null;
        return await rounds.RunAsync(
            new Line("kernel", $"commits, {Count(clients)}{(hasDocument ? ", a document each" : "")}", "/s", 0, 0, 0, "")
            {
                Goal = clients > 1 ? new Goal(Ratio: 0.8) : null,
            },
            new Contender("", () => OursAsync(ours, clients, data, document)),
            new Contender(Raw, () => RawAsync(raw, clients, data, document)),
            new Contender("the same with our tables and indexes", () => RawAsync(same, clients, data, document)));
    }

    /// <summary>
    /// Whole decisions: a scope, a unit of work, an aggregate loaded, an event decided, state and event written as JSON, stored.
    /// </summary>
    public static async Task<Line> RunDecisionsAsync(Rounds rounds, int clients)
    {
        using var scratch = new Scratch();
        await using var ours = await Installation.OpenAsync(scratch.Folder);
        await using var raw = new RawStore(scratch.Folder, hasOurSchema: false);
        var data = ours.Get<StoredJson>().Write(Note.Usual);
        return await rounds.RunAsync(
            new Line("kernel", $"decisions, {Count(clients)}", "/s", 0, 0, 0, ""),
            new Contender("", () => DecisionsAsync(ours, clients)),
            new Contender($"{Raw}, a document each", () => RawAsync(raw, clients, data, data)));
    }

    private static string Count(int clients) => clients == 1 ? "1 client" : $"{clients} clients";

    public static async Task<double> OursAsync(Installation installation, int clients, byte[] data, byte[]? document)
    {
        var (shard, epoch, clock, run) = (installation.Shard, installation.Get<Shards>().Epoch, TimeProvider.System, Run());
        return await Clients.RunAsync(clients, async (client, time) =>
        {
            var bucket = new Bucket(client);
            var stream = new StreamId(bucket, Note.Category, Key(run, client, time));
            var version = time % EventsPerStream;
            var outcome = await shard.CommitAsync(
                new Commit
                {
                    Id = Id.New(clock, bucket),
                    Bucket = bucket,
                    Epoch = epoch,
                    Appends = [
                        new Append(
                            stream, version, [new NewEvent(Id.New(clock, bucket), "bench.noted.v1", data, clock.GetUtcNow(), default)])],
                    Documents = document is null ? [] : [new DocumentWrite(Note.Kind, stream.Key, bucket, document, version + 1)],
                },
                CancellationToken.None);
            if (outcome is not Committed)
            {
                throw new InvalidOperationException($"{outcome}");
            }
        });
    }

    public static async Task<double> RawAsync(RawStore store, int clients, byte[] data, byte[]? document)
    {
        var run = Run();
        return await Clients.RunAsync(clients, (client, time) => store.CommitAsync(new RawCommit(
            $"note-{Key(run, client, time)}", time % EventsPerStream, Id.New(TimeProvider.System, new Bucket(client)), data, document)));
    }

    public static async Task<double> DecisionsAsync(Installation installation, int clients)
    {
        var run = Run();
        return await Clients.RunAsync(clients, async (client, time) =>
        {
            await using var scope = installation.Scope();
            var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
            var note = await work.LoadAsync<Note>(
                new StreamId(new Bucket(client), Note.Category, Key(run, client, time)), CancellationToken.None);
            note.Append(Note.Usual);
            await work.CommitAsync(CancellationToken.None);
        });
    }

    // As long as the id of a thing, and in the order of time as ids are.
    private static string Run() => Id.New(TimeProvider.System, default).ToString("N")[..24];

    private static string Key(string run, int client, int time) => $"{run}{client:x3}{time / EventsPerStream:x9}";
}
