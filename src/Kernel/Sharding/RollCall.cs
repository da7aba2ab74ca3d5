using Monolith.Kernel.Ports;

namespace Monolith.Kernel.Sharding;

/// <summary>
/// Finds out which shard each configured store is. The stores say it themselves, whatever they are called; what says nothing must be empty
/// and joins.
/// </summary>
/// <remarks>Decides and changes nothing, so every refusal comes before the first write.</remarks>
internal sealed class RollCall
{
    private readonly IReadOnlyList<string> _names;
    private readonly int[] _numbers;

    /// <param name="names">What the configuration calls the stores.</param>
    /// <param name="copies">The map as each store keeps it; null where it keeps none, and then it holds no event.</param>
    /// <param name="isUnused">Whether no store held any event before the copies were read.</param>
    /// <param name="map">The map that has the word, read after the copies.</param>
    /// <exception cref="ShardMapException">The stores are not those of the deployment, or not all of those that hold its data.</exception>
    public RollCall(IReadOnlyList<string> names, IReadOnlyList<StoredMap?> copies, bool isUnused, ShardMap map)
    {
        _names = names;
        _numbers = [.. copies.Select(c => c?.Map.Here ?? -1)];
        var entries = map.Shards.ToList();
        CheckNumbers(entries);
        if (isUnused)
        {
            // The first start may have broken off. An empty store in the place of one that was used is a loss.
            FindByName(entries, ShardState.Active);
        }

        if (entries.Find(e => e.State == ShardState.Active && IsAbsent(e)) is { } absent)
        {
            throw Missing(absent);
        }

        FindByName(entries, ShardState.Spare); // Its joining may have broken off.
        for (var i = 0; i < _numbers.Length; i++)
        {
            if (_numbers[i] < 0)
            {
                _numbers[i] = entries.Count;
                entries.Add(new ShardEntry(entries.Count, names[i], ShardState.Spare));
            }

            entries[_numbers[i]] = entries[_numbers[i]] with { Name = names[i] };
        }

        Map = entries.SequenceEqual(map.Shards) ? map : map with { Shards = entries };
    }

    /// <summary>The number of each store, in the order of the configuration.</summary>
    public IReadOnlyList<int> Numbers => _numbers;

    /// <summary>The map with those that join, and with the names of today; the very same one where nothing changed.</summary>
    public ShardMap Map { get; }

    /// <summary>Finds the store that has the word: shard 0. Null when none of them is part of a deployment yet.</summary>
    /// <exception cref="ShardMapException">They belong to several deployments, one is there twice, or that shard is missing.</exception>
    public static int? FirstOf(IReadOnlyList<string> names, IReadOnlyList<StoredMap?> copies)
    {
        var known = Enumerable.Range(0, copies.Count).Where(i => copies[i] is not null).ToList();
        if (known.Count == 0)
        {
            return null;
        }

        foreach (var i in known.Where(i => copies[i]!.Map.Deployment != copies[known[0]]!.Map.Deployment))
        {
            throw new ShardMapException($"{names[i]} belongs to another deployment than {names[known[0]]}");
        }

        foreach (var same in known.GroupBy(i => copies[i]!.Map.Here).Where(g => g.Count() > 1))
        {
            throw new ShardMapException(
                $"{string.Join(" and ", same.Select(i => names[i]))} both say that they are shard {same.Key}; one is a copy of the other");
        }

        var first = known.FindIndex(i => copies[i]!.Map.Here == 0);
        return first >= 0 ? known[first] : throw Missing(copies[known[0]]!.Map.Shards[0]);
    }

    private static ShardMapException Missing(ShardEntry entry) => new(
        $"shard {entry.Number}, which was called {entry.Name}, holds buckets, and none of the configured stores is it; configure "
            + $"every store that holds buckets");

    private bool IsAbsent(ShardEntry entry) => !_numbers.Contains(entry.Number);

    private void CheckNumbers(List<ShardEntry> entries)
    {
        for (var i = 0; i < _numbers.Length; i++)
        {
            if (_numbers[i] >= entries.Count)
            {
                throw new ShardMapException(
                    $"{_names[i]} says that it is shard {_numbers[i]}, which the map of shard 0 does not list; was shard 0 restored?");
            }

            if (_numbers[i] >= 0 && entries[_numbers[i]].State == ShardState.Removed)
            {
                throw new ShardMapException(
                    $"{_names[i]} is shard {_numbers[i]}, which was removed from the deployment; take it out of the configuration");
            }
        }
    }

    private void FindByName(List<ShardEntry> entries, ShardState state)
    {
        foreach (var entry in entries.Where(e => e.State == state && IsAbsent(e)).ToList())
        {
            if (_names.ToList().IndexOf(entry.Name) is var i and >= 0 && _numbers[i] < 0)
            {
                _numbers[i] = entry.Number;
            }
        }
    }
}
