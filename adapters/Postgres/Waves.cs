namespace Monolith.Adapters.Postgres;

/// <summary>Cuts a batch into runs of commits that touch nothing in common. A run is written set by set; the next one sees what it left.</summary>
internal static class Waves
{
    /// <summary>Cuts a batch, keeping its order.</summary>
    public static IReadOnlyList<CommitArrays> Cut(IReadOnlyList<Commit> batch, Func<string, int> typeOf)
    {
        var (waves, wave, touched) = (new List<CommitArrays>(), new CommitArrays(), new HashSet<(string, string, string)>());
        foreach (var commit in batch)
        {
            var touches = TouchesOf(commit);
            if (touches.Overlaps(touched))
            {
                waves.Add(wave);
                (wave, touched) = (new CommitArrays(), []);
            }

            touched.UnionWith(touches);
            wave.Add(commit, typeOf);
        }

        waves.Add(wave);
        return waves;
    }

    // A claim that a document gives up is not among them, because only the store knows it; commit_batch looks for that.
    private static HashSet<(string, string, string)> TouchesOf(Commit commit)
    {
        var touches = new HashSet<(string, string, string)>();
        foreach (var append in commit.Appends)
        {
            touches.Add(("stream", append.Stream.Name, ""));
        }

        foreach (var check in commit.Checks)
        {
            touches.Add(("stream", check.Stream.Name, ""));
        }

        foreach (var write in commit.Documents)
        {
            touches.Add((write.Kind, "document", write.Id));
            foreach (var claim in write.Entries.Where(e => e.IsUnique))
            {
                touches.Add((write.Kind, $"claim {claim.Index}", claim.Value));
            }
        }

        foreach (var write in commit.Messages)
        {
            touches.Add(("message", "", write.Id.ToString()));
        }

        return touches;
    }
}
