using Npgsql;
using NpgsqlTypes;

namespace Monolith.Adapters.Postgres;

/// <summary>Messages to send, settle, defer, guard or cancel.</summary>
internal sealed class MessageColumns
{
    // Tokens begin at 1, so this one asks for no lease.
    private const long AnyToken = -1;

    private readonly List<int> _commits = [];
    private readonly List<MessageWrite> _writes = [];

    /// <summary>Adds those of a commit.</summary>
    public void Add(int commit, IReadOnlyList<MessageWrite> writes)
    {
        for (var i = 0; i < writes.Count; i++)
        {
            _commits.Add(commit);
            _writes.Add(IsUndone(writes, i) ? Checked(writes[i]) : writes[i]);
        }
    }

    /// <summary>Names the one at a place, from 1.</summary>
    public string NameOf(int item) => _writes[item - 1].Id.ToString();

    /// <summary>Adds the arguments, in the order of the function.</summary>
    public void AddTo(NpgsqlParameterCollection to)
    {
        to.Add(Arguments.Column(_commits, NpgsqlDbType.Integer));
        to.Add(Arguments.Column(_writes.ConvertAll(OperationOf), NpgsqlDbType.Integer));
        to.Add(Arguments.Column(_writes.ConvertAll(w => w.Id), NpgsqlDbType.Uuid));
        to.Add(Arguments.Column(_writes.ConvertAll(TokenOf), NpgsqlDbType.Bigint));
        to.Add(Arguments.Column(_writes.ConvertAll(w => (w as SendMessage)?.Kind), NpgsqlDbType.Text));
        to.Add(Arguments.Column(_writes.ConvertAll(w => (w as SendMessage)?.Bucket.Code), NpgsqlDbType.Integer));
        to.Add(Arguments.Column(_writes.ConvertAll(w => (w as SendMessage)?.Lane), NpgsqlDbType.Integer));
        to.Add(Arguments.Column(_writes.ConvertAll(DueOf), NpgsqlDbType.Bigint));
        to.Add(Arguments.Column(_writes.ConvertAll(w => (w as SendMessage)?.Body), NpgsqlDbType.Bytea));
    }

    // The function removes, defers and sends, in this order; what a later write of the same commit removes must not be sent before.
    private static bool IsUndone(IReadOnlyList<MessageWrite> writes, int index) => writes[index] is SendMessage or DeferMessage
        && writes.Skip(index + 1).Any(later => later.Id == writes[index].Id && later is SettleMessage or CancelMessage);

    private static GuardMessage Checked(MessageWrite write) => new(write.Id, TokenOf(write));

    private static int OperationOf(MessageWrite write) => write switch
    {
        SendMessage => 0,
        SettleMessage => 1,
        DeferMessage => 2,
        GuardMessage => 3,
        CancelMessage => 4,
        _ => throw new NotSupportedException($"Unknown message write {write.GetType().Name}."),
    };

    private static long TokenOf(MessageWrite write) => write switch
    {
        SettleMessage w => w.Token,
        DeferMessage w => w.Token,
        GuardMessage w => w.Token,
        _ => AnyToken,
    };

    private static long? DueOf(MessageWrite write) => write switch
    {
        SendMessage w => w.Due.ToUnixTimeMilliseconds(),
        DeferMessage w => w.Due.ToUnixTimeMilliseconds(),
        _ => null,
    };
}
