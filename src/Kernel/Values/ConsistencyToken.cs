using System.Globalization;

namespace Monolith.Kernel.Values;

/// <summary>
/// Holds what a client knows: how far each log was after its writes, and how new the shard map was that placed them. Immutable.
/// </summary>
/// <remarks>
/// As text it has parts, separated by commas, in any order: <c>3:1234</c> is position 1,234 in the log of shard 3, <c>3.2:1234</c> the same
/// in its second term, and <c>e17</c> the epoch of the map. Every other part that begins with a letter is left to later versions and
/// skipped.
/// </remarks>
public sealed class ConsistencyToken
{
    /// <summary>How many parts a token has at most.</summary>
    public const int MaxParts = 64;

    private const long FirstEpoch = 1;

    private readonly List<LogPosition> _positions = [];

    /// <param name="positions">
    /// In the order in which they are written. Of two in the same log the higher one counts, in the place of the first.
    /// </param>
    /// <param name="epoch">Of the shard map, from 1.</param>
    public ConsistencyToken(IEnumerable<LogPosition> positions, long epoch = FirstEpoch)
    {
        Epoch = epoch;
        foreach (var position in positions)
        {
            var known = _positions.FindIndex(p => p.Shard == position.Shard);
            if (known < 0)
            {
                _positions.Add(position);
            }
            else if (_positions[known].Value < position.Value)
            {
                _positions[known] = position;
            }
        }
    }

    /// <summary>Demands nothing.</summary>
    public static ConsistencyToken None { get; } = new([]);

    /// <summary>What is known of each log, in the order in which it is written.</summary>
    public IReadOnlyList<LogPosition> Positions => _positions;

    /// <summary>The epoch of the map that was known; 1 where none is named.</summary>
    public long Epoch { get; }

    /// <summary>Reads a token. False when it is not one that this program or a later one could have written.</summary>
    public static bool TryParse(string text, out ConsistencyToken token)
    {
        token = None;
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var (positions, epoch) = (new List<LogPosition>(), FirstEpoch);
        if (parts.Length > MaxParts)
        {
            return false;
        }

        foreach (var part in parts)
        {
            if (part.Length > 0 && char.IsAsciiLetter(part[0]))
            {
                epoch = Math.Max(epoch, EpochIn(part));
            }
            else if (PositionIn(part) is { } position && !positions.Exists(p => p.Shard == position.Shard))
            {
                positions.Add(position);
            }
            else
            {
                return false;
            }
        }

        token = new ConsistencyToken(positions, epoch);
        return true;
    }

    /// <summary>The position that reads from a log must have seen; 0 when there is no demand.</summary>
    /// <param name="log">Its number.</param>
    public long PositionIn(int log) => _positions.Find(p => p.Shard == log).Value;

    /// <summary>Adds what another token knows, per log the highest. What stands here is written first.</summary>
    public ConsistencyToken Join(ConsistencyToken other) => new([.. _positions, .. other._positions], Math.Max(Epoch, other.Epoch));

    /// <summary>Leaves out what is known of some logs.</summary>
    public ConsistencyToken Without(Func<LogPosition, bool> isLeftOut) => new(_positions.Where(p => !isLeftOut(p)), Epoch);

    /// <summary>Writes as many parts as a token may have; empty when it demands nothing.</summary>
    public override string ToString()
    {
        IEnumerable<string> epoch = Epoch > FirstEpoch ? [string.Create(CultureInfo.InvariantCulture, $"e{Epoch}")] : [];
        return string.Join(',', _positions.Take(MaxParts - epoch.Count()).Select(Write).Concat(epoch));
    }

    private static string Write(LogPosition position) => LogNumber.TermOf(position.Shard) is var term and > 1
        ? string.Create(CultureInfo.InvariantCulture, $"{LogNumber.ShardOf(position.Shard)}.{term}:{position.Value}")
        : string.Create(CultureInfo.InvariantCulture, $"{LogNumber.ShardOf(position.Shard)}:{position.Value}");

    private static LogPosition? PositionIn(string part)
    {
        var (term, end) = (1, part.IndexOf(':', StringComparison.Ordinal));
        if (end < 0 || !long.TryParse(part.AsSpan(end + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var position))
        {
            return null;
        }

        var log = part.AsSpan(0, end);
        var dot = log.IndexOf('.');
        return (
            dot < 0
                || (
                    int.TryParse(log[(dot + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out term)
                        && term is > 0 and <= LogNumber.LastTerm))
            && int.TryParse(dot < 0 ? log : log[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var shard)
                && shard < LogNumber.Shards
                ? new LogPosition(LogNumber.Of(shard, term), position)
                : null;
    }

    private static long EpochIn(string part) =>
        part[0] == 'e' && long.TryParse(part.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
            ? epoch
            : FirstEpoch;
}
