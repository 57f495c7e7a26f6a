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

-- Puts off what is idle among the listeners that are due, at most so many, earliest first: the lines "disabled" and
-- "due, no news" of src/domain/poll.ts, as one statement, since nearly all are idle nearly always. Rows that another
-- process is working on are skipped. A crash of PostgreSQL may forget it; then they are looked at again.
-- Only a few rows of large tables are wanted, which the planner cannot know: no joins but by index.
create function sincewire.put_off_idle(at_most integer, out due integer, out idle integer)
language plpgsql set search_path = pg_catalog, pg_temp set enable_hashjoin = off set enable_mergejoin = off
set enable_seqscan = off as $$
#variable_conflict use_column
begin
  perform set_config('synchronous_commit', 'off', true);
  with due as materialized (
    select s.listener_name, s.next_poll_at from sincewire.schedule s
    -- not clock_timestamp(): a volatile bound would read the whole index
    where s.due_at <= statement_timestamp() order by s.due_at limit at_most for update skip locked
  ), standing as materialized (
    select d.listener_name, d.next_poll_at, l.service, l.enabled, l.since_floor, l.next_heartbeat_at,
      make_interval(secs => l.interval_seconds) as poll_interval,
      l.turn_queue is null and l.failures = 0 and l.before_timestamp is null
        and l.proven_revision = l.target_revision and l.next_heartbeat_at > statement_timestamp() as resting
    from due d join sincewire.listener l using (listener_name)
  ), latest as materialized (
    select m.merchapi_name as service, sincewire.latest_change(m.json_table) as changed_at
    from (select distinct service from standing where resting) r
    join sincewire.merchapi_config m on m.merchapi_name = r.service and m.enabled and m.json_table is not null
  ), put_off as (
    update sincewire.schedule s set
      next_poll_at = p.next_poll_at,
      due_at = case when l.enabled then least(p.next_poll_at, l.next_heartbeat_at)
                    else statement_timestamp() + interval '1 day' end
    from standing l left join latest n using (service), lateral (
      select case when l.next_poll_at <= statement_timestamp() then statement_timestamp() + l.poll_interval
                  else l.next_poll_at end as next_poll_at) p
    where s.listener_name = l.listener_name and (not l.enabled or (l.resting
      and (l.next_poll_at > statement_timestamp() or (n.changed_at > l.since_floor) is not true)))
    returning 1
  )
  select (select count(*) from due), (select count(*) from put_off) into put_off_idle.due, put_off_idle.idle;
end $$;

-- The numbers of the engine processes that live: each holds an advisory lock. A function for its plan, which is kept:
-- planning this takes ten times as long as looking.
create function sincewire.living_engines(lock_class integer) returns bigint[]
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return array(
    select k.objid::bigint from pg_locks k
    where k.locktype = 'advisory' and k.classid = lock_class and k.granted
      and k.database = (select oid from pg_database where datname = current_database()));
end $$;
