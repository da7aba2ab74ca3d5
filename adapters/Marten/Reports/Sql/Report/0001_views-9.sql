-- What Marten 9 looks for in the schema of one report, which is the first on the search path; that of the log comes behind it, and what the views
-- read is found there.
create view mt_streams as select * from mt_streams;
create view mt_events as select * from mt_events;
create view mt_events_sequence as select * from mt_events_sequence;

-- Which projections are to be rebuilt: asked for on any node, done by the one that runs them.
create table rebuilds (projection text collate "C" primary key, asked_at timestamptz not null default now());
