-- The log of changes: who changed what of the administration, when, from where, what it was and what it became.
--
-- Rules
--
--  1. Triggers write it, in the transaction of the change: what is not logged is not changed, through psql too.
--  2. Who it was stands in settings of the transaction (src/db/changer.ts). Anybody may set those, so the login that
--     PostgreSQL itself knows is kept beside them; where they are not set, it is all that is known.
--  3. Columns are shown because they are named, never because they are there. A secret one is "set" or "changed".
--  4. Nobody changes an entry. The service's own role may only read (see grant_service); whoever owns the table meets
--     the triggers below, which only an owner can switch off.
--  5. What the engine moves (positions, holds, schedule) is no administration: the attempts tell of it.
create table sincewire.change_log (
  change_id      bigint generated always as identity primary key,
  changed_at     timestamptz not null default clock_timestamp(),
  xid            xid8 not null default pg_current_xact_id(),
  -- client, engine, the operating system's user at the command line; else the login
  actor          text not null default coalesce(nullif(current_setting('sincewire.actor', true), ''), session_user),
  role           text default nullif(current_setting('sincewire.role', true), ''),
  via            text not null default coalesce(nullif(current_setting('sincewire.via', true), ''), 'sql'),
  address        text default coalesce(nullif(current_setting('sincewire.address', true), ''), host(inet_client_addr())),
  correlation_id text default nullif(current_setting('sincewire.correlation_id', true), ''),
  login          text not null default session_user,
  application    text not null default current_setting('application_name'),
  object_kind    text not null,
  object_name    text not null,
  operation      text not null,
  before         jsonb,   -- of an update, the columns that differ
  after          jsonb
);
create index on sincewire.change_log (object_kind, object_name, change_id);
create index on sincewire.change_log using brin (changed_at);
create index on sincewire.change_log (xid);  -- finds this transaction's own, and what came since a snapshot

create function sincewire.keep_changes() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- An entry grows until its transaction ends: see log_entry. After a restore xids start anew, stamps do not.
  if tg_op = 'UPDATE' and old.xid = pg_current_xact_id() and old.changed_at >= now() then
    return new;
  elsif tg_op = 'DELETE' and current_setting('sincewire.pruning_changes', true) = 'on' then
    return old;
  end if;
  raise exception using errcode = 'restrict_violation', message = 'the log of changes can only be added to';
end $$;
create trigger keep_changes before update or delete on sincewire.change_log
  for each row execute function sincewire.keep_changes();
create trigger keep_changes_whole before truncate on sincewire.change_log
  for each statement execute function sincewire.keep_changes();
alter table sincewire.change_log enable always trigger keep_changes, enable always trigger keep_changes_whole;

-- Adds an entry. `together`: to this transaction's entry of the same object, if there is one.
create function sincewire.log_entry(kind text, name text, done text, was jsonb, became jsonb, together boolean default false)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if together then
    update sincewire.change_log l set
      before = coalesce(was || l.before, l.before, was),
      after = coalesce(l.after || became, became, l.after),
      operation = case when done = 'UPDATE' or l.operation = 'CREATE' then l.operation
                       when done = 'DELETE' then done else 'UPDATE' end
    where l.xid = pg_current_xact_id() and l.changed_at >= now() and l.object_kind = kind and l.object_name = name;
    if found then
      return;
    end if;
  end if;
  insert into sincewire.change_log (object_kind, object_name, operation, before, after)
  values (kind, name, done, was, became);
end $$;

-- How an entry tells of rows that are loaded by the thousand: few as they are, more as their number.
create function sincewire.more_rows(so_far jsonb, added bigint, listed jsonb) returns jsonb
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
  select case when added = 0 then so_far when c.count + added > 20 then to_jsonb(c.count + added)
              else coalesce(so_far, '[]') || listed end
  from (select case jsonb_typeof(so_far) when 'array' then jsonb_array_length(so_far) when 'number' then so_far::bigint
               else 0 end as count) c
$$;

-- For a statement of any size over a table that is loaded: one entry for each transaction and kind.
create function sincewire.log_rows() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
  gone   bigint := 0;
  came   bigint := 0;
  were   jsonb;
  are    jsonb;
  so_far sincewire.change_log;
begin
  if tg_op = 'INSERT' then
    select count(*) into came from new_rows;
    select jsonb_agg(to_jsonb(n)) into are from (select * from new_rows limit 20) n;
  elsif tg_op = 'DELETE' then
    select count(*) into gone from old_rows;
    select jsonb_agg(to_jsonb(o)) into were from (select * from old_rows limit 20) o;
  else
    with was as (select * from old_rows except all select * from new_rows)
    select (select count(*) from was), (select jsonb_agg(to_jsonb(w)) from (select * from was limit 20) w) into gone, were;
    with became as (select * from new_rows except all select * from old_rows)
    select (select count(*) from became), (select jsonb_agg(to_jsonb(b)) from (select * from became limit 20) b) into came, are;
  end if;
  if gone = 0 and came = 0 then
    return null;
  end if;
  select * into so_far from sincewire.change_log l
  where l.xid = pg_current_xact_id() and l.changed_at >= now() and l.object_kind = tg_argv[0] and l.object_name = '';
  were := sincewire.more_rows(so_far.before -> tg_table_name, gone, were);
  are := sincewire.more_rows(so_far.after -> tg_table_name, came, are);
  were := case when gone > 0 then coalesce(so_far.before, '{}') || jsonb_build_object(tg_table_name, were) else so_far.before end;
  are := case when came > 0 then coalesce(so_far.after, '{}') || jsonb_build_object(tg_table_name, are) else so_far.after end;
  if so_far.change_id is null then
    perform sincewire.log_entry(tg_argv[0], '', 'UPDATE', were, are);
  else
    update sincewire.change_log l set before = were, after = are where l.change_id = so_far.change_id;
  end if;
  return null;
end $$;

create function sincewire.log_truncate() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  gone bigint;
begin
  execute format('select count(*) from %s', tg_relid::regclass) into gone;
  perform sincewire.log_entry(tg_argv[0], '', 'DELETE', jsonb_build_object(tg_table_name, gone), null, true);
  return null;
end $$;

-- Has the changes of a table logged. `named`: the columns of the object's name (none: there is one object). Columns
-- that are neither shown nor secret are not logged, and a change of them alone leaves no entry. `moving`: shown, but the
-- engine moves them; an update of them alone is logged when `also` says so, an expression over old and new.
-- `shared`: rows of one object share an entry, told apart in it by the column `parted_by`.
-- Called again, it takes the place of what it made before: a migration that adds a column says what it is.
--
-- It makes a function for the table, since a generic one over to_jsonb(new) takes several times as long: a call may
-- register 9,999 listeners.
create function sincewire.log_changes(
  of_table regclass, kind text, named text[], shown text[], secret text[] default '{}', moving text[] default '{}',
  also text default 'false', shared boolean default false, parted_by text default '',
  events text[] default '{insert,update,delete}')
returns void language plpgsql set search_path = pg_catalog, pg_temp as $define$
declare
  p jsonb;
  t record;
begin
  -- What an entry shows of a column of a row: little enough to read.
  with columns as (
    select c.name, c.place, c.name = any (secret) as is_secret,
           format(case when c.name = any (secret) then 'case when row_of.%I is not null then ''set'' end'
                       when a.atttypid = 'text'::regtype then 'left(row_of.%I, 2000)'
                       when a.atttypid = 'text[]'::regtype then 'row_of.%I[1:50]' else 'row_of.%I' end, c.name) as image
    from unnest(shown || moving || secret) with ordinality c(name, place)
    join pg_attribute a on a.attrelid = of_table and a.attname = c.name
  ), differing as (
    select format('old.%1$I is distinct from new.%1$I', c.name) as differs, c.*,
           case when c.is_secret
                then format('case when new.%1$I is not null then case when old.%1$I is null then ''set'' else ''changed'' end end', c.name)
                else replace(c.image, 'row_of.', 'new.') end as became
    from columns c
  )
  select jsonb_build_object(
    'kind', quote_literal(kind), 'shared', shared,
    -- a part that comes or goes is a change of its object
    'made', case when parted_by = '' then '''CREATE''' else '''UPDATE''' end,
    'removed', case when parted_by = '' then '''DELETE''' else '''UPDATE''' end,
    'function', format('sincewire.%I', 'log ' || of_table::text),
    'name', (select format(case when count(*) = 0 then '''''' else 'concat_ws(''/'', %s)' end, string_agg(format('row_of.%I', n), ', '))
             from unnest(named) n),
    'part', case when parted_by = '' then '''''' else format('tg_table_name || '' '' || row_of.%I', parted_by) end,
    -- at most 100 arguments
    'image', (select string_agg(format('jsonb_build_object(%s)', i.some), ' || ') from (
                select string_agg(format('%L, %s', c.name, c.image), ', ' order by c.place) as some
                from columns c group by (c.place - 1) / 40) i),
    'was', string_agg(format('case when %s then jsonb_build_object(%L, %s) else ''{}'' end',
                             d.differs, d.name, replace(d.image, 'row_of.', 'old.')), ' || ' order by d.place),
    'became', string_agg(format('case when %s then jsonb_build_object(%L, %s) else ''{}'' end', d.differs, d.name, d.became),
                         ' || ' order by d.place),
    'differ', string_agg(d.differs, ' or ') filter (where d.name <> all (moving))
  ) into p from differing d;
  select p || jsonb_object_agg(v.version || ' ' || of_row.key, replace(of_row.value, 'row_of.', v.version || '.')) into p
  from jsonb_each_text(p) of_row, unnest('{old,new}'::text[]) v(version) where of_row.key in ('name', 'part', 'image');

  perform sincewire.create_function('{{function}}() returns trigger language plpgsql security definer
                                     set search_path = pg_catalog, pg_temp set timezone = ''UTC''', $body$
    begin
      if tg_level = 'STATEMENT' and tg_op = 'INSERT' then
        insert into sincewire.change_log (object_kind, object_name, operation, after)
        select {{kind}}, {{name}}, 'CREATE', {{image}} from new_rows row_of;
      elsif tg_level = 'STATEMENT' then
        insert into sincewire.change_log (object_kind, object_name, operation, before)
        select {{kind}}, {{name}}, 'DELETE', {{image}} from old_rows row_of;
      elsif tg_op = 'INSERT' then
        perform sincewire.log_entry({{kind}}, {{new name}}, {{made}}, null, sincewire.in_part({{new part}}, {{new image}}), true);
      elsif tg_op = 'DELETE' then
        perform sincewire.log_entry({{kind}}, {{old name}}, {{removed}}, sincewire.in_part({{old part}}, {{old image}}), null, true);
      elsif {{shared}} then
        perform sincewire.log_entry({{kind}}, {{new name}}, 'UPDATE', sincewire.in_part({{old part}}, {{was}}),
                                    sincewire.in_part({{new part}}, {{became}}), true);
      else
        insert into sincewire.change_log (object_kind, object_name, operation, before, after)
        values ({{kind}}, {{new name}}, 'UPDATE', {{was}}, {{became}});
      end if;
      return null;
    end $body$, p);

  for t in select tgname from pg_trigger where tgrelid = of_table and starts_with(tgname, 'log_change_') loop
    execute format('drop trigger %I on %s', t.tgname, of_table);
  end loop;
  for t in select e.event, case when e.event = 'update' then format('for each row when (%s or %s)', p ->> 'differ', also)
                                when shared then 'for each row'
                                when e.event = 'insert' then 'referencing new table as new_rows for each statement'
                                else 'referencing old table as old_rows for each statement' end as how
           from unnest(events) e(event) loop
    execute format('create trigger log_change_%s after %1$s on %s %s execute function %s()', t.event, of_table, t.how, p ->> 'function');
    execute format('alter table %s enable always trigger log_change_%s', of_table, t.event);
  end loop;
  perform sincewire.log_truncating(of_table, kind);
end $define$;

create function sincewire.in_part(part text, image jsonb) returns jsonb language sql immutable parallel safe
return case when part = '' then image else jsonb_build_object(part, image) end;

-- The same for a table that is loaded by the thousand.
create function sincewire.log_loads(of_table regclass, kind text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  t record;
begin
  for t in select * from (values ('insert', 'new table as new_rows'), ('update', 'old table as old_rows new table as new_rows'),
                                 ('delete', 'old table as old_rows')) v(event, seen) loop
    execute format('create trigger log_change_%s after %1$s on %s referencing %s for each statement
                    execute function sincewire.log_rows(%L)', t.event, of_table, t.seen, kind);
    execute format('alter table %s enable always trigger log_change_%s', of_table, t.event);
  end loop;
  perform sincewire.log_truncating(of_table, kind);
end $$;

create function sincewire.log_truncating(of_table regclass, kind text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create trigger log_change_truncate before truncate on %s
                  for each statement execute function sincewire.log_truncate(%L)', of_table, kind);
  execute format('alter table %s enable always trigger log_change_truncate', of_table);
end $$;

-- A listener's generation moves with each change that restarts publishing. The engine sets since to the edge of its
-- own window, everybody else to what they want.
select sincewire.log_changes('sincewire.listener', 'listener', '{listener_name}',
  '{service,credential_name,owner,listener_url,enabled,include_payload,interval_seconds,page_limit,query_parameter,
    heartbeat_interval_hours,header_names,headers_key_id,signing_key_id,previous_secret_key_id,previous_secret_until,
    private_key_key_id,public_key,previous_private_key_key_id,previous_private_key_until,generation,disabled_reason}',
  '{headers,signing_secret,previous_secret,private_key,previous_private_key}', '{since_timestamp}',
  'old.since_timestamp is distinct from new.since_timestamp
   and (old.generation <> new.generation or new.since_timestamp is distinct from old.before_timestamp)');
select sincewire.log_changes('sincewire.credential', 'credential', '{credential_name}',
  '{credential_type,owner,username,oauth_client_id,oauth_token_url,oauth_scope,apikey_header,apikey_prefix,
    client_certificate,client_certificate_expires_at,ca_certificate,ca_certificate_expires_at,heartbeat_interval_hours,
    secret_key_id,client_key_key_id}', '{secret,client_key}');
select sincewire.log_changes('sincewire.client', 'client', '{client_name}', '{role,services,addresses,enabled}', shared => true);
select sincewire.log_changes('sincewire.client_key', 'client', '{client_name}', '{expires_at,revoked_at}', '{hash}',
  shared => true, parted_by => 'key_id');
select sincewire.log_changes('sincewire.merchapi_config', 'service', '{merchapi_name}',
  '{title,json_table,enabled,key_parts,filters,wake_on_commit}', shared => true);
select sincewire.log_changes('sincewire.capture', 'service', '{service}',
  '{source,key_columns,document_view,excluded,renamed,camel_case,shape,deferred}', shared => true);
select sincewire.log_changes('sincewire.capture_watch', 'service', '{service}', '{watched,expressions}',
  shared => true, parted_by => 'position');
select sincewire.log_changes('merch.b8d_process_config', 'job', '{job_name}',
  '{service,num_threads,num_data_to_process,commit_max_ctr,archive_ind}');
select sincewire.log_changes('merch.personal_data', 'personalData', '{entity_name,source,part}',
  '{id_column,type_column,fixed,columns}');
select sincewire.log_changes('merch.rms_batch_status', 'batchStatus', '{}',
  '{batch_running_ind,inventory_batch_running_ind,costing_batch_running_ind,batch_start_warning_ind}', shared => true);
select sincewire.log_changes('merch.period', 'virtualDate', '{}', '{vdate}', shared => true);
select sincewire.log_changes('merch.system_variables', 'virtualDate', '{}',
  '{last_eow_date_unit,next_eow_date_unit,last_eom_date_unit,next_eom_date_unit}', shared => true);
select sincewire.log_changes(c.oid::regclass, 'systemOptions', '{}', (
    select array_agg(a.attname::text) from pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname <> 'one_row'), shared => true)
from pg_class c where c.relnamespace = 'merch'::regnamespace
  and c.relname in ('functional_config_options', 'inv_move_unit_options', 'procurement_unit_options');
select sincewire.log_loads(t::regclass, kind)
from (values ('merch.calendar', 'calendar'), ('merch.code_head', 'codes'), ('merch.code_detail', 'codes'),
             ('merch.retail_service_report_url', 'reportUrls'), ('merch.report_reference', 'reportReferences')) v(t, kind);

-- Of a request only that it was filed: the rest is the job's.
select sincewire.log_changes('sincewire.refresh_request', 'refreshRequest', '{service,request_id}',
  '{action,refresh_type,republish,keys}', events => '{insert}');

-- A masking tells whom and which parts, never a value.
create or replace function merch.mask_personal_data(of_entity text, of_type text, of_id text, masks jsonb) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  place  text;
  masked bigint;
begin
  masked := merch.mask_everywhere(of_entity, of_type, of_id, masks);
  perform sincewire.log_entry('person', concat_ws('/', of_entity, of_type, of_id), 'MASK', null, jsonb_build_object(
    'places', masked, 'given', (select coalesce(jsonb_agg(key order by key), '[]') from jsonb_each(masks) m
                                where m.value <> 'null')));
  return masked;
exception
  when sqlstate 'SW001' then
    raise exception using errcode = 'SW001', message = sqlerrm;
  when others then
    -- The message or the detail of the real one may show a row.
    get stacked diagnostics place = constraint_name;
    raise exception using errcode = sqlstate, message = 'the masking failed and changed nothing', constraint = place;
end $$;

-- Removes entries older than that. For the table's owner alone: a service that could forget could be made to.
create function sincewire.prune_changes(older_than interval) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  went bigint;
begin
  perform set_config('sincewire.pruning_changes', 'on', true);
  delete from sincewire.change_log where changed_at < clock_timestamp() - older_than;
  get diagnostics went = row_count;
  perform set_config('sincewire.pruning_changes', 'off', true);
  perform sincewire.log_entry('changes', '', 'PRUNE', null, jsonb_build_object('entries', went, 'olderThan', older_than));
  return went;
end $$;

-- Creates a function where a service had none yet: as the owner, for a role that may not create.
alter function sincewire.capture_keys(text, text[], boolean) security definer;

revoke execute on function sincewire.capture_keys(text, text[], boolean),
  sincewire.log_entry(text, text, text, jsonb, jsonb, boolean) from public;

-- Tables that the service only reads: they are its owner's.
create function sincewire.owners_tables() returns setof regclass
language sql stable set search_path = pg_catalog, pg_temp as $$
  select to_regclass(t) from unnest('{sincewire.change_log,sincewire.capture,sincewire.capture_watch,merch.personal_data,
    sincewire.migration,sincewire.migration_lock}'::text[]) t
$$;

-- Gives a role what the service needs, and takes the rest from it: it makes nothing, owns nothing, and cannot change
-- what is the owner's. Run it again after each migration. SQLSTATE SW001: not for that role.
create function sincewire.grant_service(service_role text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  s     record;
  wrong text;
begin
  select case when not pg_has_role(current_user, t.relowner, 'usage')
              then format('only %s, the owner of the tables, can grant', t.relowner::regrole)
              when r.oid is null then 'there is no such role'
              when r.rolsuper then 'it is a superuser'
              when pg_has_role(r.oid, t.relowner, 'member') then format('it is, or may become, %s, the owner', t.relowner::regrole)
              end into wrong
  from pg_class t left join pg_roles r on r.rolname = service_role where t.oid = 'sincewire.change_log'::regclass;
  if wrong is not null then
    raise exception using errcode = 'SW001', message = format('The role %s cannot be the service''s: %s.', service_role, wrong);
  end if;
  for s in select nspname as name from pg_namespace
           where nspname in ('sincewire', 'sincewire_feed', 'sincewire_capture', 'sincewire_jobs', 'merch') loop
    execute format('revoke all on schema %1$I from %2$I; grant usage on schema %1$I to %2$I;
                    revoke all on all tables in schema %1$I from %2$I;
                    grant select, insert, update, delete on all tables in schema %1$I to %2$I;
                    grant usage, select, update on all sequences in schema %1$I to %2$I;
                    grant execute on all functions in schema %1$I to %2$I;
                    -- what captures to come will make
                    alter default privileges in schema %1$I grant select, insert, update, delete on tables to %2$I;
                    alter default privileges in schema %1$I grant usage, select, update on sequences to %2$I',
                   s.name, service_role);
  end loop;
  for s in select name from sincewire.owners_tables() name loop
    execute format('revoke insert, update, delete on %s from %I', s.name, service_role);
  end loop;
end $$;
