-- Stores one commit that appends to one stream which is there, and rewrites documents which are there and are found by what they were found
-- by before: most commits are like that, and the whole of commit_batch costs twice as much. Gives the position of its last event.
-- Null where anything is in the way: nothing is stored then, and commit_batch, asked for the same, says why or does it. The order of what is locked and looked at is that of commit_batch, and so are the reasons for it.
create function monolith.commit_one(
    c_epoch bigint, s_name bytea, s_expected bigint, k_name bytea[],
    e_id uuid[], e_type int[], e_at bigint[], e_link bytea[], e_from int[], e_meta bytea[],
    d_kind text[], d_id bytea[], d_bucket int[], d_version bigint[], d_body bytea[], d_entries bytea[],
    sender text)
returns bigint language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
declare
    v_count constant int := cardinality(e_id);
    v_epoch bigint;
    v_head bigint;
    v_stream bigint;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'the default isolation level of this database or role must be read committed';
    end if;

    perform monolith.begin_write();
    perform pg_advisory_xact_lock(1297043279, 1);
    select s.epoch, greatest(0, (select max(position) from monolith.events)) into v_epoch, v_head from monolith.shard s;
    if c_epoch not in (v_epoch, -1) then
        return null;
    end if;

    -- Streams that must be empty: those of persons who are erased are not.
    for o in 1..cardinality(k_name) loop
        if exists (select from monolith.streams t where t.name = k_name[o] and t.version > 0) then
            return null;
        end if;
    end loop;

    -- Before anything is written: what was written and is rolled back costs the database more than the look.
    for o in 1..cardinality(d_kind) loop
        if not exists (
            select from monolith.documents t where t.kind = d_kind[o] and t.id = d_id[o] and t.entries is not distinct from d_entries[o])
        then
            return null;
        end if;
    end loop;

    update monolith.streams t
    set version = s_expected + v_count,
        head = case when v_count = 1 then sha256(t.head || e_link[1])
        else (
            select monolith.chain(case when l = 0 then t.head else e_link[l] end order by l)
            from generate_series(0, v_count) l)
        end
    where t.name = s_name and t.version = s_expected
    returning t.id into v_stream;
    if not found then
        return null;
    end if;

    insert into monolith.events (position, stream, version, id, type, at, data, meta)
    select v_head + o, v_stream, s_expected + o, e_id[o], e_type[o], e_at[o], substring(e_link[o] from e_from[o]), e_meta[o]
    from generate_series(1, v_count) o;

    for o in 1..cardinality(d_kind) loop
        update monolith.documents t set bucket = d_bucket[o], version = d_version[o], body = d_body[o]
        where t.kind = d_kind[o] and t.id = d_id[o];
    end loop;

    perform pg_notify('monolith', sender || ' ' || v_head + v_count);
    return v_head + v_count;
end
$$;
