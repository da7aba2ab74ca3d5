using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.Adapters.Postgres;

/// <summary>Commits that touch nothing in common, taken apart into one array per column: the arguments of <c>commit_batch</c>.</summary>
internal sealed class CommitArrays
{
    private static readonly string _call =
        $"select codes, items, numbers from monolith.commit_batch({string.Join(", ", Enumerable.Range(1, 40).Select(i => $"${i}"))})";

    private static readonly string _callOne =
        $"select monolith.commit_one({string.Join(", ", Enumerable.Range(1, 17).Select(i => $"${i}"))})";

    // Of what belongs to the shard itself, whatever buckets it holds.
    private const long AnyEpoch = -1;

    private readonly List<Commit> _commits = [];
    private readonly List<long> _epochs = [];
    private readonly List<int> _lastAppends = [];
    private readonly List<int> _through = [];
    private readonly StreamColumns _streams = new();
    private readonly EventColumns _events = new();
    private readonly DocumentColumns _documents = new();
    private readonly EntryColumns _entries = new();
    private readonly MessageColumns _messages = new();

    /// <summary>How many commits there are.</summary>
    public int Count => _commits.Count;

    /// <summary>Adds a commit that touches nothing that those before it do.</summary>
    /// <param name="commit">What to store.</param>
    /// <param name="typeOf">Numbers an event type.</param>
    public void Add(Commit commit, Func<string, int> typeOf)
    {
        _commits.Add(commit);
        _epochs.Add(commit.Bucket.IsHere ? AnyEpoch : commit.Epoch);
        foreach (var append in commit.Appends)
        {
            _streams.Add(Count, append.Stream, append.ExpectedVersion, append.Events.Count, _events.Count + 1);
            var version = append.ExpectedVersion;
            foreach (var e in append.Events)
            {
                _events.Add(_streams.Count, ++version, e, typeOf(e.Type));
            }
        }

        _lastAppends.Add(commit.Appends.Count == 0 ? 0 : _streams.Count);
        _through.Add(_events.Count);
        foreach (var check in commit.Checks)
        {
            _streams.Add(Count, check.Stream, check.ExpectedVersion, 0, 0);
        }

        foreach (var write in commit.Documents)
        {
            _documents.Add(Count, write);
            if (write.Body is not null)
            {
                foreach (var entry in write.Entries)
                {
                    _entries.Add(_documents.Count, write, entry, IsWantedTwice(commit, write, entry));
                }
            }
        }

        _messages.Add(Count, commit.Messages);
    }

    /// <summary>Makes the call.</summary>
    /// <param name="sender">Told to other nodes, so that this one knows its own hints.</param>
    /// <param name="condition">What its answer has to meet, as the end of the statement.</param>
    public NpgsqlBatchCommand ToCommand(string sender, string condition = "")
    {
        var command = new NpgsqlBatchCommand(condition.Length == 0 ? _call : $"{_call} {condition}");
        var to = command.Parameters;
        to.Add(Arguments.Column(_epochs, NpgsqlDbType.Bigint));
        to.Add(Arguments.Column(_lastAppends, NpgsqlDbType.Integer));
        to.Add(Arguments.Column(_through, NpgsqlDbType.Integer));
        _streams.AddTo(to);
        _events.AddTo(to);
        _documents.AddTo(to);
        _entries.AddTo(to);
        _messages.AddTo(to);
        to.Add(Arguments.Text(sender));
        return command;
    }

    /// <summary>Whether it is a commit that <c>commit_one</c> may be able to store.</summary>
    public bool IsOne => _commits is [{ Appends: [{ ExpectedVersion: > 0 }], Messages.Count: 0 } commit]
        && commit.Checks.All(c => c.ExpectedVersion == 0) && commit.Documents.All(d => d is { ExpectedVersion: null, Body: not null });

    /// <summary>Makes the call of <c>commit_one</c>.</summary>
    /// <param name="sender">As above.</param>
    public NpgsqlBatchCommand ToOneCommand(string sender)
    {
        var command = new NpgsqlBatchCommand(_callOne);
        var to = command.Parameters;
        var append = _commits[0].Appends[0];
        to.AddAll(Arguments.Number(_epochs[0]), Arguments.Bytes(append.Stream.Name), Arguments.Number(append.ExpectedVersion));
        to.Add(Arguments.Column([.. _commits[0].Checks.Select(c => Encoding.UTF8.GetBytes(c.Stream.Name))], NpgsqlDbType.Bytea));
        _events.AddContentTo(to);
        _documents.AddContentTo(to);
        to.Add(Arguments.Text(sender));
        return command;
    }

    /// <summary>Says how a commit ended.</summary>
    /// <param name="index">Which, from 0.</param>
    /// <param name="code">What came back for it.</param>
    /// <param name="item">Which item of its column, from 1.</param>
    /// <param name="number">Position, version, token or epoch.</param>
    public CommitOutcome OutcomeOf(int index, int code, int item, long number) => code switch
    {
        0 or 6 => new Committed(number),
        1 => new Conflict(ConflictKind.Stream, _streams.NameOf(item), number),
        2 => new Conflict(ConflictKind.Document, _documents.NameOf(item), number),
        3 => new Conflict(ConflictKind.Claim, _entries.NameOf(item), 0), // Without the value: it may be a person's address.
        4 => new Conflict(ConflictKind.Message, _messages.NameOf(item), number),
        5 => new Conflict(ConflictKind.Epoch, "shard map", number),
        _ => throw new InvalidOperationException($"Unknown outcome {code} of commit {_commits[index].Id}."),
    };

    private static bool IsWantedTwice(Commit commit, DocumentWrite write, IndexEntry entry) =>
        entry.IsUnique && commit.Documents.Count > 1 && commit.Documents.Any(other => other.Kind == write.Kind && other.Id != write.Id
            && other.Body is not null && other.Entries.Any(e => e.IsUnique && e.Index == entry.Index && e.Value == entry.Value));
}
