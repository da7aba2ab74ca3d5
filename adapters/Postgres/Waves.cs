namespace Monolith.Adapters.Postgres;

/// <summary>
/// Cuts a batch into runs of commits that touch nothing in common. A run is written set by set; the next one sees what it left.
/// </summary>
internal static class Waves
{
    /// <summary>Cuts a batch, keeping its order.</summary>
    public static IReadOnlyList<CommitArrays> Cut(IReadOnlyList<Commit> batch, Func<string, int> typeOf)
    {
        var (waves, touched) = (new List<CommitArrays> { new() }, new Touched());
        for (var i = 0; i < batch.Count; i++)
        {
            if (!touched.TryAdd(batch[i], i))
            {
                waves.Add(new CommitArrays());
                touched = new Touched();
                touched.TryAdd(batch[i], i);
            }

            waves[^1].Add(batch[i], typeOf);
        }

        return waves;
    }

    // What the commits of a run touch, and which of them does.
    private sealed class Touched
    {
        private readonly Dictionary<StreamId, int> _streams = [];
        private readonly Dictionary<(string Kind, string Id), int> _documents = [];
        private readonly Dictionary<(string Kind, string Index, string Value), int> _claims = [];
        private readonly Dictionary<Guid, int> _messages = [];

        /// <summary>Notes what a commit touches; false when an earlier one of the run touches any of it.</summary>
        public bool TryAdd(Commit commit, int index)
        {
            var isFree = true;
            foreach (var append in commit.Appends)
            {
                isFree &= IsMine(_streams, append.Stream, index);
            }

            foreach (var check in commit.Checks)
            {
                isFree &= IsMine(_streams, check.Stream, index);
            }

            foreach (var write in commit.Documents)
            {
                isFree &= IsMine(_documents, (write.Kind, write.Id), index);

                // A claim that a document releases is not among them, because only the store knows it; commit_batch looks for that.
                foreach (var entry in write.Entries)
                {
                    isFree &= !entry.IsUnique || IsMine(_claims, (write.Kind, entry.Index, entry.Value), index);
                }
            }

            foreach (var write in commit.Messages)
            {
                isFree &= IsMine(_messages, write.Id, index);
            }

            return isFree;
        }

        private static bool IsMine<TKey>(Dictionary<TKey, int> touched, TKey key, int index)
            where TKey : notnull => touched.TryAdd(key, index) || touched[key] == index;
    }
}
