-- The log as Marten 9 expects it in its tables: nothing is copied, and a commit writes nothing more but one index of streams. For all reports; run
-- with its schema as the only one on the search path.

-- Text knows no character 0, and no commit may fail because of the index over this.
create function name_of(name bytea) returns text language sql immutable parallel safe as $$
    select case when position('\x00'::bytea in name) = 0 then convert_from(name, 'UTF8') else encode(name, 'escape') end
$$;

-- jsonb knows no character 0 either: it is cut, where the backslash before it is not itself escaped. What is no JSON is a JSON string, and what is
-- no text is nothing, so that one such event stops no query.
create function json_of(data bytea) returns jsonb language plpgsql immutable parallel safe as $$
declare
    v_text text;
begin
    v_text := convert_from(data, 'UTF8');
    if position('\u0000' in v_text) > 0 then
        v_text := regexp_replace(v_text, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g');
    end if;
    return v_text::jsonb;
exception when data_exception or program_limit_exceeded then
    return to_jsonb(v_text);
end
$$;

create index streams_by_name on monolith.streams (name_of(name));

create view mt_streams as
select
    name_of(s.name)::varchar as id, split_part(name_of(s.name), '-', 1)::varchar as type, s.version,
    (select to_timestamp(e.at / 1000.0) from monolith.events e where e.stream = s.id and e.version = s.version) as timestamp,
    (select to_timestamp(e.at / 1000.0) from monolith.events e where e.stream = s.id and e.version = 1) as created,
    0::bigint as compacted_version, '*DEFAULT*'::varchar as tenant_id, false as is_archived
from monolith.streams s;

-- Each event has a stream and a type; outer joins are left out where a query asks for neither.
create view mt_events as
select
    e.position as seq_id, e.id, name_of(s.name)::varchar as stream_id, e.version, json_of(e.data) as data, null::bytea as bdata,
    t.name::varchar as type, to_timestamp(e.at / 1000.0) as timestamp, '*DEFAULT*'::varchar as tenant_id, ''::varchar as mt_dotnet_type,
    false as is_archived
from monolith.events e left join monolith.streams s on s.id = e.stream left join monolith.types t on t.id = e.type;

-- Positions have no holes and never come late, so the last one is how far everything may be read.
create view mt_events_sequence as
select coalesce(max(position), 1) as last_value, count(*) > 0 as is_called, 0::bigint as log_cnt
from (select position from monolith.events where position > 0 order by position desc limit 1) e;
