-- Times are Unix milliseconds. Names, ids and values are bytes (UTF-8): text knows neither the character 0 nor one order everywhere.

-- Rises whenever a bucket moves to another shard.
create table monolith.shard (epoch bigint not null);
insert into monolith.shard values (1);

-- Names of event types: a small number per event instead of a name.
create table monolith.types (id int generated always as identity primary key, name text collate "C" not null unique);

-- Its id is the position of its first event. Space is left in each page, so that a new version of a row touches no index.
create table monolith.streams (
    id bigint primary key,
    name bytea not null unique,
    bucket int not null,
    version bigint not null,
    head bytea not null
) with (fillfactor = 80);

create table monolith.events (
    position bigint primary key,
    stream bigint not null,
    version bigint not null,
    id uuid not null unique,
    type int not null,
    at bigint not null,
    data bytea not null,
    meta bytea not null,
    unique (stream, version)
);

create index events_by_type on monolith.events (type, position);

-- "entries" repeats what is in the table of that name, so that it is touched only when it has to change. One after the other:
-- 1 when it is a claim else 0 (1 byte), length of the rest (4 bytes), name, a zero byte, value.
create table monolith.documents (
    kind text collate "C" not null,
    id bytea not null,
    bucket int,
    version bigint not null,
    body bytea not null,
    entries bytea,
    primary key (kind, id)
) with (fillfactor = 80);

-- "key" is name, a zero byte and value, or the byte 255 and their SHA-256 where that would be too long for an index.
create table monolith.entries (
    kind text collate "C" not null,
    key bytea not null,
    id bytea not null,
    is_claim boolean not null,
    primary key (kind, key, id)
);

-- Claims are checked before they are written; this makes sure of it.
create unique index claims on monolith.entries (kind, key) where is_claim;

-- A message is held by its owner until it is due again; without an owner it is not held.
create table monolith.messages (
    id uuid primary key,
    kind text collate "C" not null,
    bucket int not null,
    lane int not null,
    due bigint not null,
    body bytea not null,
    token bigint not null default 0,
    owner text collate "C"
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

create index messages_due on monolith.messages (kind, lane, due, id);
