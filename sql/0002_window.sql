-- Ticks and windows: why nothing is lost.
--
-- A change row is stamped when it is written and becomes visible when its transaction commits. Whoever
-- polls "rows stamped after my last poll" therefore misses the rows of a transaction that was still open
-- when it polled. A window (a, b] between two ticks does not:
--
--     time ──────────────────────────────────────────────▶
--              a.floor    a.before            b.floor    b.before
--     ────────────┼───────────┼───────────────────┼───────────┼──
--       all in a  │ snapshot a│   all in (a, b]   │ snapshot b│  later
--                 │  decides  │                   │  decides  │
--
-- A tick is taken by take_tick(), in this order, each step a statement with a snapshot of its own:
--   1. before  = the clock, cut to milliseconds, above every earlier tick's; published to writers through
--                the sequence tick_clock. A sequence is read outside MVCC, so that a writer in any isolation
--                level stamps strictly above the last tick that it could have missed.
--   2. floor   = per change table: everything stamped at or below it has ended. A writer holds RowExclusiveLock
--                on the change table from before its first stamp until after its end. One that is seen now but
--                was not seen by the previous tick took the lock after that tick published its before, so all
--                its stamps lie above the previous before; that is its floor, and it keeps it while it lives
--                (tick_writer). The table's floor is the lowest of its writers', or before when there is none.
--                No clock and no right to see other sessions is needed: pg_locks is open to all.
--                A prepared transaction lost its name on the way (its locks now belong to '-1/…'): it gets the
--                table's previous floor.
--   3. snapshot = pg_current_snapshot(). A writer whose lock was gone in step 2 has left the list of running
--                transactions before it let go of the lock, so the snapshot sees it.
--
-- Membership. A row is in tick t when
--     changed_at <= t.before and (changed_at <= t.floor or pg_visible_in_snapshot(xid, t.snapshot))
-- and in the window (a, b] when it is in b and not in a. Windows that share an edge share the predicate, so
-- each committed version is in exactly one of them; and since a row's last version replaces the earlier ones
-- with a stamp above the running window's, one record per key and window comes out.
--
-- What survives what:
--   clock steps back     stamps and ticks never go below the last tick (sequence); ticks creep by 1 ms
--   dump and restore     sequence and ticks come along; rows of the old cluster lie at or below the next clean
--                        floor, and until then are withheld, never skipped
--   failover             as a restore; what the replica lacks was not acknowledged by it
--   savepoint rollback   the lock is released with the rows; a later write takes it anew
--   pruned ticks         merged, never dropped: prune_ticks() keeps the lowest floor of what it merges

create sequence sincewire.tick_clock as bigint minvalue 0 start 0;  -- the last tick's before, µs since 1970
select setval('sincewire.tick_clock', 0, true);

-- Exactly one row: its lock makes ticks take turns.
create table sincewire.tick_state (
  only_row    boolean primary key default true check (only_row),
  last_before timestamptz not null default 'epoch'
);
insert into sincewire.tick_state default values;

-- Writers seen by the last tick, and the floor each has had since it was first seen.
create table sincewire.tick_writer (
  service text not null,
  vxid    text not null,
  floor   timestamptz not null,
  primary key (service, vxid)
);

-- Ticks that had floor < before, so that a since handed out stays exact. A merged tick has no snapshot:
-- its lower edge is its floor, which repeats, and never loses.
create table sincewire.tick (
  service  text not null references sincewire.merchapi_config on delete cascade,
  before   timestamptz not null,
  floor    timestamptz not null check (floor < before),
  snapshot pg_snapshot,
  primary key (service, before)
);
create index tick_floor on sincewire.tick (service, floor);

create function sincewire.take_tick()
returns table (service text, before timestamptz, floor timestamptz, snapshot pg_snapshot)
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  prev  timestamptz;
  edge  timestamptz;
  snap  pg_snapshot;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'take_tick needs read committed: each of its steps has a snapshot of its own';
  end if;
  select last_before into strict prev from sincewire.tick_state for update;

  -- Two ticks in one millisecond: wait for the next. A clock far behind the last tick stepped back: creep.
  edge := date_trunc('milliseconds', clock_timestamp());
  if edge <= prev and prev < clock_timestamp() + interval '5 milliseconds' then
    perform pg_sleep(extract(epoch from prev - clock_timestamp())::float8 + 0.001);
    edge := date_trunc('milliseconds', clock_timestamp());
  end if;
  edge := greatest(edge, prev + interval '1 millisecond');
  perform setval('sincewire.tick_clock', (extract(epoch from edge) * 1000000)::bigint);
  update sincewire.tick_state set last_before = edge;

  with holder as materialized (
    select distinct c.merchapi_name as service, l.virtualtransaction as vxid
    from pg_locks l
    join pg_class r on r.oid = l.relation
    join pg_namespace n on n.oid = r.relnamespace and n.nspname = 'sincewire_feed'
    join sincewire.merchapi_config c on c.json_table = r.relname
    where l.locktype = 'relation' and l.granted
      and l.database = (select oid from pg_database where datname = current_database())
      and l.mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
  ), gone as (
    delete from sincewire.tick_writer w
    where not exists (select from holder h where h.service = w.service and h.vxid = w.vxid)
  )
  insert into sincewire.tick_writer (service, vxid, floor)
  select h.service, h.vxid,
         case when h.vxid like '-1/%'
              -- the statement still sees the writers that "gone" removes: one of them may be this one, prepared since
              then coalesce((select min(w.floor) from sincewire.tick_writer w where w.service = h.service), prev)
              else prev end
  from holder h
  on conflict do nothing;

  select pg_current_snapshot() into snap;

  insert into sincewire.tick (service, before, floor, snapshot)
  select w.service, edge, min(w.floor), snap
  from sincewire.tick_writer w join sincewire.merchapi_config c on c.merchapi_name = w.service
  group by w.service;

  return query
    select c.merchapi_name, edge, coalesce((select min(w.floor) from sincewire.tick_writer w
                                            where w.service = c.merchapi_name), edge), snap
    from sincewire.merchapi_config c where c.json_table is not null;
end $$;

-- The stamp of a change row. It is the writer's part of the rule above: strictly above the last tick.
-- Row level, because neither COPY in a statement of its own nor logical replication offers another place.
-- Security definer: whoever may write the change table need not be allowed to read our sequence.
create function sincewire.stamp_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- A silent rebuild changes how a document reads, not when it changed.
  if tg_op = 'UPDATE' and current_setting('sincewire.silent', true) = 'on'
     and new.deleted_at is not distinct from old.deleted_at then
    new.changed_at := old.changed_at;
    new.xid := old.xid;
    new.first_published := old.first_published;
    return new;
  end if;
  select greatest(clock_timestamp(), timestamptz 'epoch' + (s.last_value + 1) * interval '1 microsecond')
    into new.changed_at from sincewire.tick_clock s;
  new.xid := pg_current_xact_id();
  if new.deleted_at is not null then
    new.deleted_at := new.changed_at;
  end if;
  if tg_op = 'INSERT' or (old.deleted_at is not null and new.deleted_at is null) then
    new.first_published := new.changed_at;
  else
    new.first_published := old.first_published;
  end if;
  return new;
end $$;

-- Makes the change table of a service: one row per natural key, with what was last published of it.
create function sincewire.create_change_table(table_name text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format($ddl$
    create table sincewire_feed.%1$I (
      key             text collate "C" primary key,
      document        json not null check (json_typeof(document) = 'object' and left(document::text, 1) = '{'),
      first_published timestamptz not null,
      changed_at      timestamptz not null,
      deleted_at      timestamptz,
      xid             xid8 not null
    ) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)
  $ddl$, table_name);
  execute format('create index on sincewire_feed.%I (changed_at, key)', table_name);
  execute format('create trigger stamp_change before insert or update on sincewire_feed.%I
                  for each row execute function sincewire.stamp_change()', table_name);
  -- always: logical replication applies with session_replication_role = replica
  execute format('alter table sincewire_feed.%I enable always trigger stamp_change', table_name);
end $$;

-- The lower edge that a since stands for. One we handed out is exact. One somebody made up starts at the lowest
-- floor of the ticks that straddle it: it may repeat, and never loses.
create function sincewire.lower_edge(of_service text, since timestamptz)
returns table (floor timestamptz, snapshot pg_snapshot)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select t.floor, t.snapshot from sincewire.tick t where t.service = of_service and t.before = since
  union all
  select coalesce(min(t.floor), since), null from sincewire.tick t
  where t.service = of_service and t.floor < since and t.before > since
    and not exists (select from sincewire.tick e where e.service = of_service and e.before = since)
  having not exists (select from sincewire.tick e where e.service = of_service and e.before = since)
$$;

-- Merges the ticks of one service and hour that are older than the given age into one without a snapshot, for at
-- most so many hours a call. Returns how many ticks went.
create function sincewire.prune_ticks(older_than interval, hours integer default 100) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  h     record;
  went  bigint := 0;
begin
  for h in
    select t.service, date_trunc('hour', t.before) as hour, count(*) as ticks,
           min(t.floor) as floor, max(t.before) as before
    from sincewire.tick t
    where t.before < date_trunc('hour', clock_timestamp() - older_than)
    group by 1, 2 having count(*) > 1
    limit hours
  loop
    delete from sincewire.tick t
    where t.service = h.service and t.before < h.before and t.before >= h.hour;
    update sincewire.tick t set floor = h.floor, snapshot = null
    where t.service = h.service and t.before = h.before;
    went := went + h.ticks - 1;
  end loop;
  return went;
end $$;
