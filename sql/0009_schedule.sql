-- When to look at which listener, in a table of its own.
--
-- A sweep moves the schedule of every listener that was due, and most of them have no news. Those rows cost an entry
-- in each index of their table, so this table is narrow and has no index but the two that it needs; a listener's own
-- row is touched only when something is published.
--
-- due_at is the earliest reason to look, and the only one that the sweep reads. A listener that is disabled is looked
-- at once a day: enabling it makes it due. Whoever locks both rows locks the listener's first.

create table sincewire.schedule (
  listener_name text primary key references sincewire.listener on delete cascade,
  due_at        timestamptz not null default clock_timestamp(),
  next_poll_at  timestamptz not null default clock_timestamp()
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

insert into sincewire.schedule (listener_name, due_at, next_poll_at)
select listener_name, due_at, next_poll_at from sincewire.listener;

create index schedule_due on sincewire.schedule (due_at);

drop index sincewire.listener_due;
alter table sincewire.listener drop column due_at, drop column next_poll_at;
-- A commit wakes the listeners of its service whose interval is short, however many others the service has.
create index listener_interval on sincewire.listener (service, interval_seconds);

-- When the records of a change table last changed; null: never, or somebody dropped the table. One look at an index.
create function sincewire.latest_change(change_table text) returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  latest timestamptz;
begin
  if to_regclass(format('sincewire_feed.%I', change_table)) is not null then
    execute format('select max(changed_at) from sincewire_feed.%I', change_table) into latest;
  end if;
  return latest;
end $$;
