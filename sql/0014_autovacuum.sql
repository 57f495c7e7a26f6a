-- How change tables are kept from growing. Each change of a document leaves a dead row behind, and an entry in both
-- indexes: changed_at is indexed, so no update is "heap only". Vacuum is asked for after a fiftieth of the table has
-- changed instead of a fifth, and may then go ten times as fast as by default, because a hot table grows for as long
-- as its vacuum takes. What bloat costs all the same: test/bench/bloat.ts.

-- Takes a lock that is in nobody's way but a vacuum's.
create function sincewire.tend_change_table(table_name text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('alter table sincewire_feed.%I set (
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_limit = 2000,
    autovacuum_analyze_scale_factor = 0.05)', table_name);
end $$;

create or replace function sincewire.create_change_table(table_name text) returns void
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
    ) with (fillfactor = 85)
  $ddl$, table_name);
  perform sincewire.tend_change_table(table_name);
  execute format('create index on sincewire_feed.%I (changed_at, key)', table_name);
  execute format('create trigger stamp_change before insert or update on sincewire_feed.%I
                  for each row execute function sincewire.stamp_change()', table_name);
  -- always: logical replication applies with session_replication_role = replica
  execute format('alter table sincewire_feed.%I enable always trigger stamp_change', table_name);
end $$;

do $$
declare
  feed text;
begin
  for feed in select json_table from sincewire.merchapi_config
              where to_regclass(format('sincewire_feed.%I', json_table)) is not null loop
    perform sincewire.tend_change_table(feed);
  end loop;
end $$;
