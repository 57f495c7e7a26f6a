-- Refresh requests: enabling (load, then the flag), disabling, and making records anew. One step is one transaction,
-- which also saves how far it came: whoever takes a request up after a crash goes on there. Steps go by the same
-- chunks as a load (rule 3 of 0003_capture.sql), so writers go on.
--
-- TRUNCATE_AND_LOAD is done key by key, not by a truncate: a record is replaced by a new one in one transaction, so no
-- receiver ever pulls from a half empty table; a record whose key is gone becomes a tombstone and older tombstones
-- stay, so none misses a delete.
create table sincewire.refresh_request (
  request_id   bigint generated always as identity primary key,
  service      text not null references sincewire.merchapi_config on delete cascade,
  action       text not null check (action in ('ENABLE', 'DISABLE', 'REFRESH')),
  refresh_type text check (refresh_type in ('TRUNCATE_AND_LOAD', 'REBUILD')),
  republish    text not null check (republish in ('NONE', 'CHANGED', 'ALL')),
  keys         text[],                       -- only these; null: all
  status       text not null default 'PENDING' check (status in ('PENDING', 'RUNNING', 'DONE', 'FAILED')),
  phase        text check (phase in ('LOAD', 'RECORDS', 'VANISHED', 'KEYS')),
  position     text,                         -- where the phase's last step ended
  seen         bigint not null default 0,    -- keys looked at
  changed      bigint not null default 0,    -- change rows written
  total        bigint,                       -- about so many keys to look at
  error        text,
  requested_at timestamptz not null default clock_timestamp(),
  started_at   timestamptz,
  finished_at  timestamptz,
  check ((action = 'REFRESH') = (refresh_type is not null))
);
create index on sincewire.refresh_request (service, request_id) where status in ('PENDING', 'RUNNING');
create index on sincewire.refresh_request (finished_at) where finished_at is not null;

-- Brings the records of these keys, as their text, in line with the source. Returns how many it changed.
create function sincewire.capture_keys(of_service text, keys text[], forced boolean) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $define$
declare
  p       jsonb := sincewire.capture_parts(of_service);
  changed bigint;
begin
  p := p || jsonb_build_object('keys', format('sincewire_capture.%I', (p ->> 'json table') || '.keys'));
  if to_regproc(p ->> 'keys') is null then
    perform sincewire.create_function('{{keys}}(texts text[], forced boolean) returns bigint language plpgsql {{settings}}', $body$
      declare
        keys {{key}}[];
      begin
        -- as the source prints them, however they were written
        select array_agg(distinct row({{q.text}}, {{q.typed}})::{{key}}) into keys
        from (select {{c.parsed}} from (select sincewire.split_key(t, {{count}}) as parts from unnest(texts) t) c) q
        where ({{q.typed}}) is not null;
        return {{reconcile}}(keys, forced);
      end $body$, p);
  end if;
  execute sincewire.fill('select {{keys}}($1, $2)', p) into changed using keys, forced;
  return changed;
end $define$;

-- Records stamped by this transaction become new ones: first published now.
create function sincewire.renew_published(of_service text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  feed text;
begin
  select json_table into strict feed from sincewire.merchapi_config where merchapi_name = of_service;
  execute format('with replaced as (
      delete from sincewire_feed.%1$I c
      where c.changed_at >= now() and c.xid = pg_current_xact_id() and c.deleted_at is null
      returning c.key, c.document
    )
    insert into sincewire_feed.%1$I (key, document) select r.key, r.document from replaced r', feed);
end $$;

-- Old tombstones. A receiver that asks for changes since before a tombstone was stamped, and after it was pruned, would
-- never hear of that delete. So the mark pruned_before moves in the transaction that prunes: whoever reads a page first
-- and the mark afterwards either saw the tombstone or sees the mark. A since of 1970 is a full download into an empty
-- copy, which has nothing to delete.
alter table sincewire.merchapi_config
  add column pruned_before timestamptz,  -- the latest stamp among tombstones that were pruned
  add column pruned_up_to  timestamptz;  -- how far pruning has looked

-- Removes tombstones of a service that are older than that, at most so many, and never those that a listener has not
-- passed unless told so. Returns how many went.
create function sincewire.prune_tombstones(of_service text, older_than interval, at_most integer, despite_listeners boolean)
returns bigint language plpgsql set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
declare
  feed   text;
  edge   timestamptz;
  looked timestamptz;
  went   bigint;
  latest timestamptz;
begin
  -- a sinceTimestamp is registered either before this looks, or after the mark has moved
  perform pg_advisory_xact_lock(hashtextextended('sincewire.registration', 0));
  select m.json_table, m.pruned_up_to into feed, looked
  from sincewire.merchapi_config m where m.merchapi_name = of_service;
  edge := clock_timestamp() - older_than;
  if not despite_listeners then
    edge := least(edge, (select min(l.since_floor) from sincewire.listener l where l.service = of_service));
  end if;
  if feed is null or edge <= looked then
    return 0;
  end if;
  -- A day back: what was stamped then and committed since. Rows that somebody is writing will not be tombstones, or
  -- have a later stamp.
  execute format('with old as (
      select c.key from sincewire_feed.%1$I c
      where c.deleted_at is not null and c.changed_at <= $1 and c.changed_at > $2
      order by c.changed_at limit $3 for update skip locked
    ), gone as (
      delete from sincewire_feed.%1$I c using old where c.key = old.key returning c.changed_at
    )
    select count(*), max(changed_at) from gone', feed)
    into went, latest using edge, coalesce(looked - interval '1 day', '-infinity'), at_most;
  update sincewire.merchapi_config m set
    pruned_before = greatest(m.pruned_before, latest),
    pruned_up_to = case when went < at_most then edge else m.pruned_up_to end
  where m.merchapi_name = of_service and (latest is not null or went < at_most);
  return went;
end $$;
