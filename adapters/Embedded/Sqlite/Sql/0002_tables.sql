-- Format 2, the first that was released. Times are Unix milliseconds, ids 16 bytes, data and bodies UTF-8 JSON.

-- Rises whenever a bucket moves to another shard.
create table shard (epoch integer not null) strict;
insert into shard values (1);

-- Names of event types: a small number per event instead of a name.
create table types (id integer primary key, name text not null unique) strict;

create table streams (
    id integer primary key,
    name text not null unique,
    bucket integer not null,
    version integer not null,
    head blob not null
) strict;

create table events (
    position integer primary key,
    stream integer not null,
    version integer not null,
    id blob not null,
    type integer not null,
    data blob not null,
    at integer not null,
    meta blob not null,
    unique (stream, version)
) strict;

create index events_by_type on events (type, position);

-- "entries" repeats the rows of the table of that name, so that they can be replaced without a second index on them.
create table documents (
    kind text not null,
    id text not null,
    bucket integer,
    version integer not null,
    body blob not null,
    entries blob,
    primary key (kind, id)
) strict, without rowid;

create table entries (
    kind text not null,
    name text not null,
    value text not null,
    id text not null,
    is_unique integer not null,
    primary key (kind, name, value, id)
) strict, without rowid;

-- Claims are checked before they are written; this makes sure of it.
create unique index claims on entries (kind, name, value) where is_unique = 1;

-- A message is held by its owner until it is due again; without an owner it is not held.
create table messages (
    id blob primary key,
    kind text not null,
    lane integer not null,
    bucket integer not null,
    due integer not null,
    body blob not null,
    token integer not null default 0,
    owner text
) strict, without rowid;

create index messages_due on messages (kind, lane, due);
