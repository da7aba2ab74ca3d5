namespace Monolith.Adapters.Embedded;

/// <summary>Sends, takes and ends messages. Used inside the writer's transaction.</summary>
/// <remarks>Taking a message moves its due time to the end of the lease: a message that is not settled is due again.</remarks>
internal sealed class MessageWriter(SqliteConnection connection)
{
    private const int Lanes = 10;

    private readonly SqliteStatement _send = connection.Prepare("""
        insert into messages (id, kind, bucket, lane, due, body) values (?1, ?2, ?3, ?4, ?5, ?6)
        on conflict (id) do nothing
        """);

    private readonly SqliteStatement _token = connection.Prepare("select token from messages where id = ?1 and owner is not null");
    private readonly SqliteStatement _defer = connection.Prepare("update messages set due = ?2, owner = null where id = ?1");
    private readonly SqliteStatement _remove = connection.Prepare("delete from messages where id = ?1");

    private readonly SqliteStatement _due = connection.Prepare("""
        select id, bucket, body, token, due from messages
        where kind = ?1 and lane = ?2 and due <= ?3 order by due, id limit ?4
        """);

    private readonly SqliteStatement _take = connection.Prepare("update messages set due = ?2, token = ?3, owner = ?4 where id = ?1");

    private readonly SqliteStatement _claim = connection.Prepare(
        """
        update messages set due = ?3, token = ?2 + 1, owner = ?4 where id = ?1 and token = ?2 and owner is null
        returning kind, bucket, body, token
        """);

    private readonly SqliteStatement _extend = connection.Prepare(
        "update messages set due = ?3 where id = ?1 and token = ?2 and owner is not null");

    private readonly SqliteStatement _release = connection.Prepare("update messages set due = ?2, owner = null where owner = ?1");

    private readonly SqliteStatement _put = connection.Prepare("""
        insert or replace into messages (id, kind, bucket, lane, due, body, token, owner) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """);

    /// <summary>Makes messages what they are elsewhere.</summary>
    /// <returns>How many there were to change.</returns>
    public int Mirror(IReadOnlyList<StoredMessage> present, IReadOnlyList<Guid> gone)
    {
        foreach (var m in present)
        {
            _put.Run(m.Id, m.Kind, m.Bucket.Code, m.Lane, m.Due, m.Body, m.Token, m.Owner);
        }

        foreach (var id in gone)
        {
            _remove.Run(id);
        }

        return present.Count + gone.Count;
    }

    /// <summary>Names the first lease that was lost; null when all hold.</summary>
    public Conflict? Check(IReadOnlyList<MessageWrite> writes)
    {
        foreach (var write in writes)
        {
            long? token = write switch { SettleMessage w => w.Token, DeferMessage w => w.Token, GuardMessage w => w.Token, _ => null };
            if (token is not null && TokenOf(write.Id) is var present && present != token)
            {
                return new Conflict(ConflictKind.Message, write.Id.ToString(), present ?? 0);
            }
        }

        return null;
    }

    /// <summary>Writes what was just checked.</summary>
    public void Write(IReadOnlyList<MessageWrite> writes)
    {
        foreach (var write in writes)
        {
            switch (write)
            {
                case SendMessage send:
                    _send.Run(send.Id, send.Kind, send.Bucket.Code, send.Lane, send.Due, send.Body);
                    break;
                case DeferMessage putOff:
                    _defer.Run(putOff.Id, putOff.Due);
                    break;
                case SettleMessage or CancelMessage:
                    _remove.Run(write.Id);
                    break;
            }
        }
    }

    /// <summary>Takes what is due, lowest lane first, within it the longest due.</summary>
    public IReadOnlyList<TakenMessage> Take(TakeMessages request, DateTimeOffset now)
    {
        var taken = Due(request.Kinds, request.Max, now).ConvertAll(m => new TakenMessage(m.Id, m.Kind, m.Bucket, m.Body, m.Token + 1));
        taken.ForEach(m => _take.Run(m.Id, now + request.Lease, m.Token, request.Owner));
        return taken;
    }

    /// <summary>Reserves what is due, in the same order.</summary>
    public IReadOnlyList<ReservedMessage> Reserve(ReserveMessages request, DateTimeOffset now)
    {
        var reserved = Due(request.Kinds, request.Max, now);
        reserved.ForEach(m => _defer.Run(m.Id, now + request.Lease));
        return reserved;
    }

    /// <summary>Takes what was reserved and is still to be had.</summary>
    public IReadOnlyList<TakenMessage> Claim(ClaimMessages request, DateTimeOffset now)
    {
        var taken = new List<TakenMessage>();
        foreach (var m in request.Messages)
        {
            // What the store has, which may have been sent again under its id since.
            using var rows = _claim.Query(m.Id, m.Token, now + request.Lease, request.Owner);
            while (rows.Next())
            {
                taken.Add(new TakenMessage(m.Id, rows.Text(0), rows.Place(1), rows.Bytes(2), rows.Number(3)));
            }
        }

        return taken;
    }

    /// <summary>False when the lease was lost.</summary>
    public bool Extend(TakenMessage message, DateTimeOffset due)
    {
        _extend.Run(message.Id, message.Token, due);
        return connection.Changes == 1;
    }

    /// <summary>Tells how many there were.</summary>
    public int Release(string owner, DateTimeOffset now)
    {
        _release.Run(owner, now);
        return connection.Changes;
    }

    private long? TokenOf(Guid id)
    {
        using var rows = _token.Query(id);
        return rows.Next() ? rows.Number(0) : null;
    }

    private List<ReservedMessage> Due(IReadOnlyCollection<string> kinds, int max, DateTimeOffset now)
    {
        var all = new List<ReservedMessage>();
        for (var lane = 0; lane < Lanes && all.Count < max; lane++)
        {
            // A page of each kind, merged: one query over all kinds would sort the whole backlog each time.
            var room = max - all.Count;
            all.AddRange(
                kinds.Distinct().SelectMany(kind => Due(kind, lane, now, room)).OrderBy(m => m.Due).Take(room).Select(m => m.Message));
        }

        return all;
    }

    private List<(ReservedMessage Message, long Due)> Due(string kind, int lane, DateTimeOffset now, int limit)
    {
        var due = new List<(ReservedMessage, long)>();
        using var rows = _due.Query(kind, lane, now, limit);
        while (rows.Next())
        {
            due.Add((new ReservedMessage(rows.Guid(0), kind, rows.Place(1), lane, rows.Bytes(2), rows.Number(3)), rows.Number(4)));
        }

        return due;
    }
}
