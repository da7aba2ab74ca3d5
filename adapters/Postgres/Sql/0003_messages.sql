-- Read committed: what another taker holds is skipped, what it changed meanwhile is looked at again. No taker waits for another.
create function monolith.take_messages(kinds text[], most bigint, owner_name text, now_at bigint, until_at bigint)
returns table (id uuid, kind text, bucket int, body bytea, token bigint)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off
as $$
#variable_conflict use_column
begin
    perform monolith.begin_write();
    return query
        with due as (
            -- A run per kind and lane, each read in the order of the index: one query over all would sort the whole backlog.
            select d.id, d.lane, d.due
            from unnest(kinds) k (kind) cross join generate_series(0, 9) l (lane)
            cross join lateral (
                select m.id, m.lane, m.due from monolith.messages m
                where m.kind = k.kind and m.lane = l.lane and m.due <= now_at
                order by m.due, m.id limit most for update skip locked) d
            order by d.lane, d.due, d.id limit most),
        taken as (
            update monolith.messages m set due = until_at, token = m.token + 1, owner = owner_name from due where m.id = due.id
            returning m.id, m.kind, m.bucket, m.body, m.token)
        select t.id, t.kind, t.bucket, t.body, t.token from taken t join due using (id) order by due.lane, due.due, due.id;
end
$$;

create function monolith.extend_message(message uuid, held bigint, until_at bigint) returns boolean language plpgsql as $$
begin
    perform monolith.begin_write();
    update monolith.messages set due = until_at where id = message and token = held and owner is not null;
    return found;
end
$$;

create function monolith.release_messages(owner_name text, now_at bigint) returns int language plpgsql as $$
declare
    released int;
begin
    perform monolith.begin_write();
    update monolith.messages set due = now_at, owner = null where owner = owner_name;
    get diagnostics released = row_count;
    return released;
end
$$;
