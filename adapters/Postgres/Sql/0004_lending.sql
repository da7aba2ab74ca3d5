-- Messages that a broker carries: reserved to it when due, taken over by who gets them from it.

-- Read committed, as in take_messages: what another transaction changes at the moment is skipped.
create function monolith.reserve_messages(kinds text[], most bigint, now_at bigint, until_at bigint)
returns table (id uuid, kind text, bucket int, lane int, body bytea, token bigint)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off
as $$
#variable_conflict use_column
begin
    -- Nothing is acknowledged by it: what a crash forgets is due once more, and reserved once more.
    perform set_config('synchronous_commit', 'off', true);
    return query
        with due as (
            select d.id, d.lane, d.due
            from unnest(kinds) k (kind) cross join generate_series(0, 9) l (lane)
            cross join lateral (
                select m.id, m.lane, m.due from monolith.messages m
                where m.kind = k.kind and m.lane = l.lane and m.due <= now_at
                order by m.due, m.id limit most for update skip locked) d
            order by d.lane, d.due, d.id limit most),
        reserved as (
            update monolith.messages m set due = until_at, owner = null from due where m.id = due.id
            returning m.id, m.kind, m.bucket, m.body, m.token)
        select t.id, t.kind, t.bucket, due.lane, t.body, t.token from reserved t join due using (id) order by due.lane, due.due, due.id;
end
$$;

-- Read committed: what another taker of a copy holds at the moment is lost to it, so it is skipped. No transaction waits for another.
create function monolith.claim_messages(ids uuid[], tokens bigint[], owner_name text, until_at bigint)
returns table (id uuid, kind text, bucket int, body bytea, token bigint)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off
as $$
#variable_conflict use_column
begin
    perform monolith.begin_write();
    return query
        with reserved as (
            select m.id from unnest(ids, tokens) l (id, token)
            join monolith.messages m on m.id = l.id and m.token = l.token and m.owner is null
            for update of m skip locked)
        update monolith.messages m set due = until_at, token = m.token + 1, owner = owner_name from reserved where m.id = reserved.id
        returning m.id, m.kind, m.bucket, m.body, m.token;
end
$$;
