using System.Runtime.ExceptionServices;
using JasperFx.Events;
using Marten;
using Marten.Exceptions;
using Marten.Services;
using Npgsql;

namespace Monolith.Adapters.Marten;

/// <summary>Commits that append to no stream twice: a unit of work of Marten knows one expected version of a stream.</summary>
internal sealed class Wave
{
    private readonly List<(int Index, Commit Commit)> _commits = [];
    private readonly HashSet<string> _streams = new(StringComparer.Ordinal);

    /// <summary>Cuts the commits that are to be stored into waves, keeping their order.</summary>
    public static IEnumerable<Wave> Cut(IEnumerable<(int Index, Commit Commit)> winners)
    {
        Wave? wave = null;
        foreach (var winner in winners.Where(w => w.Commit.Appends.Count > 0))
        {
            if (wave is not null && winner.Commit.Appends.Any(a => wave._streams.Contains(a.Stream.Name)))
            {
                yield return wave;
                wave = null;
            }

            wave ??= new Wave();
            wave._commits.Add(winner);
            wave._streams.UnionWith(winner.Commit.Appends.Select(a => a.Stream.Name));
        }

        if (wave is not null)
        {
            yield return wave;
        }
    }

    /// <summary>Appends the events of all of them; the transaction stays open.</summary>
    /// <param name="marten">Marten on this database.</param>
    /// <param name="transaction">Has the lock already, before the first position is given out.</param>
    /// <param name="note">Told the position of each commit's last event, in their order.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async ValueTask AppendAsync(
        DocumentStore marten, NpgsqlTransaction transaction, Action<int, long> note, CancellationToken cancellationToken)
    {
        await using var session = marten.LightweightSession(SessionOptions.ForTransaction(transaction));
        var lasts = new List<(int Index, IEvent Event)>();
        foreach (var (index, commit) in _commits)
        {
            IEvent[] ends = [.. commit.Appends.Select(a => Append(session, a))];
            lasts.Add((index, ends[^1]));
        }

        try
        {
            await session.SaveChangesAsync(cancellationToken);
        }
        catch (MartenCommandException e) when (e.InnerException is NpgsqlException inner)
        {
            // What the server or the way to it says, as everything here knows it.
            ExceptionDispatchInfo.Throw(inner);
        }

        lasts.ForEach(l => note(l.Index, l.Event.Sequence));
    }

    private static IEvent Append(IDocumentSession session, Append append)
    {
        var action = session.Events.Append(
            MartenNames.Escape(append.Stream.Name), append.ExpectedVersion + append.Events.Count,
            [.. append.Events.Select(e => (object)new Event<RawEvent>(new RawEvent(append.Stream.Bucket, e.At, e.Data, e.Meta))
            {
                Id = e.Id,
                Timestamp = e.At,
            })]);
        foreach (var (e, given) in action.Events.Zip(append.Events))
        {
            // Marten names an event by its class; ours is one class for all, and none of another program's business.
            (e.EventTypeName, e.DotNetTypeName) = (given.Type, "");
        }

        return action.Events[^1];
    }
}
