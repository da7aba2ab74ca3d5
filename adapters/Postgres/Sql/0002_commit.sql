create function monolith.chain_step(head bytea, link bytea) returns bytea language sql immutable
as $$ select case when head is null then link else sha256(head || link) end $$;

-- The head of a stream after its events: chain(head before, link, link, ...).
create aggregate monolith.chain(bytea) (sfunc = monolith.chain_step, stype = bytea);

create function monolith.entry_key(entry bytea) returns bytea language sql immutable
as $$ select case when octet_length(entry) > 256 then '\xff'::bytea || sha256(entry) else entry end $$;

-- Takes the entries of a document's row apart.
create function monolith.entry_keys(packed bytea) returns setof bytea language plpgsql immutable strict as $$
declare
    place int := 0;
    size int;
begin
    while place < octet_length(packed) loop
        size := (get_byte(packed, place + 1) << 24) | (get_byte(packed, place + 2) << 16)
            | (get_byte(packed, place + 3) << 8) | get_byte(packed, place + 4);
        return next monolith.entry_key(substring(packed from place + 6 for size));
        place := place + 5 + size;
    end loop;
end
$$;

-- Begins every writing transaction: acknowledged means on disk, whatever is the default here.
create function monolith.begin_write() returns void language plpgsql as $$
begin
    if current_setting('synchronous_commit') in ('off', 'local', 'remote_write') then
        perform set_config('synchronous_commit', 'on', true);
    end if;
end
$$;

-- Stores commits that do not touch the same streams, documents, claims or messages (the caller makes them so), in their order.
-- Outcome of each: code 0 stored (number: position), 1 stream, 2 document, 3 claim, 4 message, 5 epoch is in the way
-- (item: which, from 1, of the like-named arrays; number: its present version, token or epoch), 6 was stored before (number: position, or the
-- head of the log where its events were imported meanwhile).
--
-- Read committed, and the lock first: each statement then sees everything that was committed by the previous holder of the lock, and
-- positions are given out and become visible one transaction after the other. The lock ends with this one call's transaction,
-- in the server: no client can hold it, however slow or frozen it is.
create function monolith.commit_batch(
    c_epoch bigint[], c_last int[], c_through int[],
    s_commit int[], s_name bytea[], s_bucket int[], s_expected bigint[], s_count int[], s_first int[],
    e_stream int[], e_version bigint[], e_id uuid[], e_type int[], e_at bigint[], e_link bytea[], e_from int[], e_meta bytea[],
    d_commit int[], d_kind text[], d_id bytea[], d_bucket int[], d_version bigint[], d_expected bigint[], d_body bytea[], d_entries bytea[],
    x_doc int[], x_claim int[], x_kind text[], x_id bytea[], x_key bytea[],
    m_commit int[], m_op int[], m_id uuid[], m_token bigint[], m_kind text[], m_bucket int[], m_lane int[], m_due bigint[], m_body bytea[],
    sender text,
    out codes int[], out items int[], out numbers bigint[])
language plpgsql
-- Sets are made of numbers and looked up in the arrays: a dozen parallel unnests cost more than the writing.
-- The plans must not depend on how small the tables were when a connection was young.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
declare
    v_count constant int := cardinality(c_epoch);
    v_streams constant int := cardinality(s_commit);
    v_events constant int := cardinality(e_stream);
    v_documents constant int := cardinality(d_commit);
    v_epoch bigint;
    v_head bigint;
    s_id bigint[];
    s_version bigint[];
    s_head bytea[];
    d_present bigint[];
    d_changed boolean[];
    m_conflict int[];
    m_present bigint[];
    v_shift int[];
    v_skipped int := 0;
    v_number bigint;
    v_commit int;
    v_last int;
    v_is_clean boolean := true;
    r record;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'the default isolation level of this database or role must be read committed';
    end if;

    perform monolith.begin_write();
    perform pg_advisory_xact_lock(1297043279, 1);
    v_epoch := (select epoch from monolith.shard);
    -- What was imported lies below zero, and native events are counted from 1.
    v_head := greatest(0, (select max(position) from monolith.events));
    codes := array_fill(0, array[v_count]);
    items := codes;

    -- Epoch -1: what belongs to the shard itself, whatever buckets it holds.
    if not c_epoch <@ array[v_epoch, -1] then
        numbers := array_fill(v_epoch, array[v_count]);
        v_is_clean := false;
        for i in 1..v_count loop
            if c_epoch[i] not in (v_epoch, -1) then
                codes[i] := 5;
            end if;
        end loop;
    end if;

    if v_streams > 0 then
        select array_agg(coalesce(f.id, 0)), array_agg(coalesce(f.version, 0)), array_agg(coalesce(f.head, decode(repeat('00', 32), 'hex')))
        into s_id, s_version, s_head
        from (
            select t.id, t.version, t.head from generate_series(1, v_streams) o left join monolith.streams t on t.name = s_name[o] order by o) f;

        if s_version <> s_expected then
            numbers := coalesce(numbers, array_fill(0::bigint, array[v_count]));
            v_is_clean := false;
            for i in 1..v_streams loop
                v_commit := s_commit[i];
                if s_version[i] <> s_expected[i] and codes[v_commit] = 0 then
                    codes[v_commit] := 1;
                    items[v_commit] := i;
                    numbers[v_commit] := s_version[i];
                    v_last := c_last[v_commit];
                    if s_count[i] > 0 and s_version[v_last] - s_count[v_last] >= s_expected[v_last] then
                        -- A retry brings the same events to the same places; if the last of them is there, so is the whole commit.
                        select e.position into v_number from monolith.events e
                        where e.stream = s_id[v_last] and e.version = s_expected[v_last] + s_count[v_last]
                            and e.id = e_id[s_first[v_last] + s_count[v_last] - 1];
                        if found then
                            codes[v_commit] := 6;
                            numbers[v_commit] := case when v_number < 0 then v_head else v_number end;
                        end if;
                    end if;
                end if;
            end loop;
        end if;
    end if;

    if v_documents > 0 then
        select array_agg(coalesce(f.version, 0)), array_agg(f.is_changed)
        into d_present, d_changed
        from (
            select t.version, t.entries is distinct from d_entries[o] as is_changed
            from generate_series(1, v_documents) o left join monolith.documents t on t.kind = d_kind[o] and t.id = d_id[o] order by o) f;

        for r in
            select d_commit[o] as commit, o, d_present[o] as present from generate_series(1, v_documents) o
            where d_expected[o] >= 0 and d_expected[o] <> d_present[o] order by o
        loop
            if codes[r.commit] = 0 then
                numbers := coalesce(numbers, array_fill(0::bigint, array[v_count]));
                v_is_clean := false;
                codes[r.commit] := 2;
                items[r.commit] := r.o;
                numbers[r.commit] := r.present;
            end if;
        end loop;
    end if;

    if cardinality(m_commit) > 0 then
        m_conflict := array_fill(0, array[v_count]);
        m_present := array_fill(0::bigint, array[cardinality(m_commit)]);
        -- Locked, so that it cannot be taken between this look and the end of the transaction; in the order of ids, so that two never wait for each other.
        for r in
            select m.o, t.token from unnest(m_id, m_token) with ordinality m (id, token, o)
            join monolith.messages t on t.id = m.id
            where m.token >= 0 and t.owner is not null order by t.id for update of t
        loop
            m_present[r.o] := r.token;
        end loop;
        for i in 1..cardinality(m_commit) loop
            if m_token[i] >= 0 and (m_present[i] = 0 or m_present[i] <> m_token[i]) and m_conflict[m_commit[i]] = 0 then
                m_conflict[m_commit[i]] := i;
            end if;
        end loop;
    end if;

    if 0 < any (x_claim) then
        for r in
            select x.o, x.doc, x.kind, x.claim, e.id as holder
            from unnest(x_doc, x_claim, x_kind, x_id, x_key) with ordinality x (doc, claim, kind, id, key, o)
            left join monolith.entries e on e.kind = x.kind and e.key = x.key and e.is_claim and e.id <> x.id
            where x.claim = 2 or (x.claim = 1 and e.id is not null) order by x.o
        loop
            v_commit := d_commit[r.doc];
            -- What the same commit or an earlier one that is stored rewrites or deletes releases its claims.
            if codes[v_commit] = 0 and (r.claim = 2 or not exists (
                select from unnest(d_commit, d_kind, d_id) d (commit, kind, id)
                where d.kind = r.kind and d.id = r.holder
                    and (d.commit = v_commit or (d.commit < v_commit and codes[d.commit] = 0 and (m_conflict is null or m_conflict[d.commit] = 0)))))
            then
                numbers := coalesce(numbers, array_fill(0::bigint, array[v_count]));
                v_is_clean := false;
                codes[v_commit] := 3;
                items[v_commit] := r.o;
                numbers[v_commit] := 0;
            end if;
        end loop;
    end if;

    if 0 <> any (m_conflict) then
        numbers := coalesce(numbers, array_fill(0::bigint, array[v_count]));
        v_is_clean := false;
        for i in 1..v_count loop
            if codes[i] = 0 and m_conflict[i] > 0 then
                codes[i] := 4;
                items[i] := m_conflict[i];
                numbers[i] := m_present[m_conflict[i]];
            end if;
        end loop;
    end if;

    -- Positions are given to winners only; what is not stored leaves no gap.
    if v_is_clean then
        v_shift := array_fill(0, array[v_count]);
        numbers := array(select v_head + t.through from unnest(c_through) with ordinality t (through, o) order by t.o);
    else
        v_shift := items;
        for i in 1..v_count loop
            if codes[i] <> 0 then
                v_skipped := v_skipped + c_through[i] - case when i > 1 then c_through[i - 1] else 0 end;
            else
                numbers[i] := v_head + c_through[i] - v_skipped;
            end if;
            v_shift[i] := v_skipped;
        end loop;
    end if;

    if v_events > 0 then
        insert into monolith.streams as t (id, name, bucket, version, head)
        select
            case when s_id[o] = 0 then v_head + s_first[o] - v_shift[s_commit[o]] else s_id[o] end,
            s_name[o], s_bucket[o], s_expected[o] + s_count[o],
            case when s_count[o] = 1 then sha256(s_head[o] || e_link[s_first[o]])
            else (
                select monolith.chain(case when l = 0 then s_head[o] else e_link[s_first[o] + l - 1] end order by l)
                from generate_series(0, s_count[o]) l)
            end
        from generate_series(1, v_streams) o
        where s_count[o] > 0 and codes[s_commit[o]] = 0
        on conflict (name) do update set version = excluded.version, head = excluded.head;

        insert into monolith.events (position, stream, version, id, type, at, data, meta)
        select
            v_head + o - v_shift[s_commit[e_stream[o]]],
            case when s_id[e_stream[o]] = 0 then v_head + s_first[e_stream[o]] - v_shift[s_commit[e_stream[o]]] else s_id[e_stream[o]] end,
            e_version[o], e_id[o], e_type[o], e_at[o], substring(e_link[o] from e_from[o]), e_meta[o]
        from generate_series(1, v_events) o
        where codes[s_commit[e_stream[o]]] = 0;
    end if;

    if v_documents > 0 then
        if true = any (d_changed) then
            -- All released entries go first, so that a claim can pass from one document to another.
            -- One look by the whole primary key for each: left to itself the planner looks by kind and id, which reads every entry of the kind.
            delete from monolith.entries
            where ctid = any (array(
                select e.ctid
                from unnest(d_commit, d_kind, d_id, d_changed) d (commit, kind, id, changed)
                cross join lateral (select t.entries from monolith.documents t where t.kind = d.kind and t.id = d.id offset 0) t
                cross join lateral monolith.entry_keys(t.entries) k (key)
                cross join lateral (select x.ctid from monolith.entries x where x.kind = d.kind and x.key = k.key and x.id = d.id offset 0) e
                where d.changed and codes[d.commit] = 0));

            insert into monolith.entries (kind, key, id, is_claim)
            select x.kind, x.key, x.id, x.claim > 0
            from unnest(x_doc, x_claim, x_kind, x_id, x_key) x (doc, claim, kind, id, key)
            where d_changed[x.doc] and codes[d_commit[x.doc]] = 0
            on conflict do nothing;
        end if;

        insert into monolith.documents as t (kind, id, bucket, version, body, entries)
        select d_kind[o], d_id[o], d_bucket[o], d_version[o], d_body[o], d_entries[o]
        from generate_series(1, v_documents) o
        where d_body[o] is not null and codes[d_commit[o]] = 0
        on conflict (kind, id) do update
        set bucket = excluded.bucket, version = excluded.version, body = excluded.body, entries = excluded.entries;

        if array_position(d_body, null) is not null then
            delete from monolith.documents t using unnest(d_commit, d_kind, d_id, d_body) d (commit, kind, id, body)
            where d.body is null and codes[d.commit] = 0 and t.kind = d.kind and t.id = d.id;
        end if;
    end if;

    if cardinality(m_commit) > 0 then
        delete from monolith.messages t using unnest(m_commit, m_op, m_id) m (commit, op, id)
        where m.op in (1, 4) and codes[m.commit] = 0 and t.id = m.id;

        update monolith.messages t set due = m.due, owner = null from unnest(m_commit, m_op, m_id, m_due) m (commit, op, id, due)
        where m.op = 2 and codes[m.commit] = 0 and t.id = m.id;

        insert into monolith.messages (id, kind, bucket, lane, due, body)
        select m.id, m.kind, m.bucket, m.lane, m.due, m.body
        from unnest(m_commit, m_op, m_id, m_kind, m_bucket, m_lane, m_due, m_body) m (commit, op, id, kind, bucket, lane, due, body)
        where m.op = 0 and codes[m.commit] = 0
        on conflict do nothing;
    end if;

    if (v_events > 0 or cardinality(m_commit) > 0) and 0 = any (codes) then
        -- A hint for other nodes: who, and how far the log is now.
        perform pg_notify('monolith', sender || ' ' || greatest(v_head, (select max(n.number) from unnest(codes, numbers) n (code, number) where n.code = 0)));
    end if;
end
$$;
