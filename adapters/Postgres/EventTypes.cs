using System.Collections.Concurrent;
using Npgsql;

namespace Monolith.Adapters.Postgres;

/// <summary>The numbers of event types. A type keeps its number permanently, so what was read once is known.</summary>
internal sealed class EventTypes(NpgsqlDataSource source)
{
    private readonly ConcurrentDictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, string> _names = new();

    /// <summary>Numbers a type that was ensured before.</summary>
    public int NumberOf(string name) => _numbers[name];

    /// <summary>Names the type of a stored event; null when it is to be looked up first.</summary>
    public string? NameOf(int number) => _names.GetValueOrDefault(number);

    /// <summary>Numbers all types of these commits: at once where they are known, with a trip of its own the first time.</summary>
    public ValueTask EnsureAsync(IReadOnlyList<Commit> batch, CancellationToken cancellationToken)
    {
        HashSet<string>? missing = null;
        foreach (var commit in batch)
        {
            foreach (var append in commit.Appends)
            {
                foreach (var e in append.Events)
                {
                    if (!_numbers.ContainsKey(e.Type))
                    {
                        (missing ??= []).Add(e.Type);
                    }
                }
            }
        }

        return missing is null ? default : AddAsync(missing, cancellationToken);
    }

    /// <summary>Numbers all types of events that come from another log.</summary>
    public ValueTask EnsureAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken) =>
        events.Select(e => e.Type).Where(t => !_numbers.ContainsKey(t)).ToHashSet(StringComparer.Ordinal) is { Count: > 0 } missing
            ? AddAsync(missing, cancellationToken)
            : default;

    /// <summary>Reads all that there are.</summary>
    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        await using var select = source.CreateCommand("select id, name from monolith.types");
        await using var rows = await select.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            _names[rows.GetInt32(0)] = rows.GetString(1);
            _numbers[rows.GetString(1)] = rows.GetInt32(0);
        }
    }

    private async ValueTask AddAsync(IReadOnlyCollection<string> missing, CancellationToken cancellationToken)
    {
        // In a transaction of its own: a number stays, whatever becomes of the commit that needed it first. Sorted, so that two nodes never
        // wait for each other.
        await using var insert = source.CreateCommand("insert into monolith.types (name) select unnest($1) on conflict do nothing");
        insert.Parameters.Add(Arguments.Texts(missing.Order(StringComparer.Ordinal)));
        await insert.ExecuteNonQueryAsync(cancellationToken);
        await LoadAsync(cancellationToken);
    }
}
