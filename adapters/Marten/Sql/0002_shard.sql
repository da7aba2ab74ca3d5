-- Script 1 is Marten's own: tables and functions as the version that this program ships makes them. Streams with the heads of their chains,
-- documents, entries, messages and the epoch are in the schema "monolith", as on postgres://; its events stay empty.

-- Begins a transaction that appends: the lock of commit_batch first, then what is known under it alone.
--
-- Read committed: each statement after this one sees everything that the previous holder of the lock committed. Marten gives out positions
-- in statements of their own, so the lock ends with the transaction of a client, unlike that of commit_batch: one that stops in between is
-- ended by the server after some seconds, and its transaction with it.
create function marten.monolith_begin(out epoch bigint, out head bigint) language plpgsql as $$
declare
    v_last bigint;
    v_is_called boolean;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'the default isolation level of this database or role must be read committed';
    end if;

    perform set_config('idle_in_transaction_session_timeout', '5s', true);
    perform monolith.begin_write();
    perform pg_advisory_xact_lock(1297043279, 1);

    -- For the look-ups that follow, as commit_batch has it: plans must not depend on how small the tables were when a connection was young.
    perform set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true),
        set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true);

    epoch := (select s.epoch from monolith.shard s);
    -- What was imported lies below zero, and native events are counted from 1.
    head := greatest(0, (select max(seq_id) from marten.mt_events));

    -- Numbers that were drawn and not used, by a transaction that was rolled back or before a crash, are drawn again: the log has no gaps.
    select last_value, is_called into v_last, v_is_called from marten.mt_events_sequence;
    if (case when v_is_called then v_last else v_last - 1 end) <> head then
        perform setval('marten.mt_events_sequence', greatest(head, 1), head > 0);
    end if;
end
$$;

-- Documents and messages are written by commit_batch, which decides again. What was decided before must be found to be so: the events are
-- there already.
create function marten.monolith_stored(codes int[]) returns boolean language plpgsql as $$
begin
    if 0 <> any (codes) then
        raise exception 'A commit was decided to be stored and was refused then: %', codes;
    end if;
    return true;
end
$$;

-- Other sessions of Marten know nothing of the lock, the chains and the claims. Revoking rights would not keep out the owner of the tables.
create function marten.monolith_require_lock() returns trigger language plpgsql as $$
begin
    -- Looked up once in each transaction; the note ends with it, as the lock does.
    if coalesce(current_setting('monolith.has_lock', true), '') <> 'yes' then
        if not exists (
            select from pg_locks l where l.locktype = 'advisory' and l.classid = 1297043279 and l.objid = 1 and l.objsubid = 2 and l.granted
                and l.pid = pg_backend_pid() and l.database = (select d.oid from pg_database d where d.datname = current_database()))
        then
            raise exception 'The events of this store are written by Monolith alone; another session would break positions and hash chains'
                using hint = 'Read them as you like. To add some, send a request to Monolith, or keep them in a schema of your own.';
        end if;
        perform set_config('monolith.has_lock', 'yes', true);
    end if;
    return null;
end
$$;

create trigger monolith_lock before insert or update or delete on marten.mt_events
    for each statement execute function marten.monolith_require_lock();
create trigger monolith_lock before insert or update or delete on marten.mt_streams
    for each statement execute function marten.monolith_require_lock();

-- What the tables look like that this program writes through Marten. Another version of Marten may change them without a trace elsewhere.
create function marten.monolith_shape() returns text language sql stable as $$
    select md5(string_agg(line, chr(10) order by line collate "C")) from (
        select concat_ws(' ', c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull) as line
        from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'marten'::regnamespace and c.relname in ('mt_events', 'mt_streams') and a.attnum > 0
        union all
        select concat_ws(' ', i.indexrelid::regclass, i.indisunique, i.indkey)
        from pg_index i join pg_class c on c.oid = i.indrelid
        where c.relnamespace = 'marten'::regnamespace and c.relname in ('mt_events', 'mt_streams')
        union all
        select concat_ws(' ', t.tgname, t.tgrelid::regclass, t.tgenabled)
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace = 'marten'::regnamespace and not t.tgisinternal
        union all
        select concat_ws(' ', p.proname, oidvectortypes(p.proargtypes), p.prosrc)
        from pg_proc p where p.pronamespace = 'marten'::regnamespace and p.proname = 'mt_quick_append_events') l
$$;

create table marten.monolith_known (shape text not null);
insert into marten.monolith_known values (marten.monolith_shape());
