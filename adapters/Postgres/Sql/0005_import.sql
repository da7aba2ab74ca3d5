-- Stores events of another log at the positions that they bring, above the head or below zero. Answers which event, from 1, does not fit: then
-- nothing was stored; 0 when all are there. What is there already, at its version and under its id, stays as it is.
--
-- Under the lock of commit_batch, and one call is one transaction: no part of it is visible alone, and the chains go on from what is committed.
create function monolith.import_events(
    s_name bytea[], s_bucket int[],
    e_stream int[], e_version bigint[], e_id uuid[], e_type int[], e_at bigint[], e_link bytea[], e_from int[], e_meta bytea[], e_position bigint[])
returns int
language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
declare
    v_count constant int := cardinality(e_stream);
    v_head bigint;
    v_last bigint;
    v_stream int;
    s_id bigint[];
    s_version bigint[];
    s_head bytea[];
    s_is_moved boolean[];
    e_is_new boolean[];
begin
    perform monolith.begin_write();
    perform pg_advisory_xact_lock(1297043279, 1);
    v_head := greatest(0, (select max(position) from monolith.events));
    s_is_moved := array_fill(false, array[cardinality(s_name)]);
    e_is_new := array_fill(false, array[v_count]);

    select array_agg(coalesce(f.id, 0)), array_agg(coalesce(f.version, 0)), array_agg(coalesce(f.head, decode(repeat('00', 32), 'hex')))
    into s_id, s_version, s_head
    from (
        select t.id, t.version, t.head
        from generate_series(1, cardinality(s_name)) o left join monolith.streams t on t.name = s_name[o] order by o) f;

    for o in 1..v_count loop
        v_stream := e_stream[o];
        if exists (
            select from monolith.events e where e.stream = s_id[v_stream] and e.version = e_version[o] and e.id = e_id[o])
        then
            continue;
        end if;

        if e_version[o] <> s_version[v_stream] + 1 or e_position[o] <= v_last or e_position[o] between 0 and v_head
            or exists (select from monolith.events e where e.position = e_position[o])
            or exists (select from monolith.events e where e.id = e_id[o])
        then
            return o;
        end if;

        if s_id[v_stream] = 0 then
            s_id[v_stream] := e_position[o];
        end if;
        s_version[v_stream] := e_version[o];
        s_head[v_stream] := sha256(s_head[v_stream] || e_link[o]);
        s_is_moved[v_stream] := true;
        e_is_new[o] := true;
        v_last := e_position[o];
    end loop;

    insert into monolith.streams as t (id, name, bucket, version, head)
    select s_id[o], s_name[o], s_bucket[o], s_version[o], s_head[o] from generate_series(1, cardinality(s_name)) o where s_is_moved[o]
    on conflict (name) do update set version = excluded.version, head = excluded.head;

    insert into monolith.events (position, stream, version, id, type, at, data, meta)
    select e_position[o], s_id[e_stream[o]], e_version[o], e_id[o], e_type[o], e_at[o], substring(e_link[o] from e_from[o]), e_meta[o]
    from generate_series(1, v_count) o where e_is_new[o];
    return 0;
end
$$;
