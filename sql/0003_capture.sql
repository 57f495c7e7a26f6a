-- Capture: a business table becomes a published service, in the transaction of whoever writes it.
--
-- Rules, and why they hold
--
--  1. A trigger never believes its transition tables about anything but keys. By the time a statement's triggers
--     fire, other triggers, cascades or the rest of the same statement may have changed its rows again. So it takes
--     the keys (old and new) and reads what is there now: a document that is found is merged, a key for which
--     nothing is found is marked deleted. Whatever the order of triggers, the last one sees the truth.
--  2. Whose document is written last must have seen everybody else's change.
--     A row's own document: its writers take turns by the row's lock and the key's unique index, which they hold
--     until they end.
--     A view's document depends on rows of many tables, so two writers may touch one document and never meet. They
--     are made to meet: each first takes the key's turn (a row of "<feed>.turn", written anew each time), in a
--     statement of its own, and only then, with a later snapshot, reads the view. A repeatable read transaction
--     cannot take a later snapshot: it finds the turn changed since its snapshot and fails as such transactions do.
--     Turns go by a hash of the typed key, so that values which are equal but print differently (1.0 and 1.00)
--     meet too. The same holds for tables with inheritance children, whose unique indexes do not span them.
--  3. Loading and rebuilding are one thing, done in chunks while writers go on. A chunk first locks the change rows
--     it finds (or takes the turns), and only then reads the documents: a writer who changed the row meanwhile is
--     waiting behind the lock and writes after it. Change rows it does not find are inserted unless somebody was
--     faster ("do nothing"): a writer's trigger always leaves a row, for a deleted key a tombstone.
--  4. Statement triggers fire for the table that a statement names, so every table of a partition or inheritance
--     tree has them, and one statement fires one set. They do not fire for logical replication (nor should they
--     for session_replication_role = replica): a row trigger that fires only there does. On a partitioned table
--     PostgreSQL copies it to partitions that come later, and there it fires always, until a rebuild gives them
--     statement triggers too.
--  5. Nothing is swallowed: an error here is the writer's error. No exception blocks, because each would cost
--     every captured statement a subtransaction; the functions are named after their service, so that the
--     error's context says whose they are. The views below make PostgreSQL itself refuse to drop or retype a
--     column that capture goes by.
--  6. Functions that run for writers are security definer with a fixed search_path, so writers need no rights on
--     our schemas, and fix each setting that changes how a value prints. Their plans must not depend on how many
--     rows the first statement of a session had: sets of keys come as arrays of at most 500, are probed one by
--     one through an index (lateral … offset 0), and sequential scans are a last resort.

create schema sincewire_capture;  -- per service: "<feed>.key", ".source", ".document", ".turn", ".merge", …

create table sincewire.capture (
  service       text primary key references sincewire.merchapi_config on delete cascade,
  source        regclass not null,
  key_columns   text[] not null check (cardinality(key_columns) > 0),
  document_view regclass,                            -- has the key columns and doc; null: the row is the document
  excluded      text[] not null default '{}',        -- columns left out of the row's document
  renamed       jsonb not null default '{}',         -- {"column": "name"}
  camel_case    boolean not null default false,
  shape         jsonb,                               -- [{"column","name"}] as published; null: the whole row
  deferred      boolean not null default false       -- triggers only file keys: see 0007_jobs.sql
);

create table sincewire.capture_watch (
  service     text not null references sincewire.capture on delete cascade,
  position    integer not null,
  watched     regclass not null,
  expressions text[] not null,                       -- over a row of the watched table, one per key part
  primary key (service, position)
);

-- How far a load has come: there is a row while it is under way or was cut short.
create table sincewire.capture_load (
  service  text primary key references sincewire.capture on delete cascade,
  position text not null  -- the last key loaded
);

-- What a trigger found of a key.
create type sincewire.captured as (key text collate "C", document json, deleted boolean);

-- A part of a composite key as it stands in the key's text, where commas part the parts.
create function sincewire.key_part(part text) returns text language sql immutable parallel safe
return replace(replace(part, E'\\', E'\\\\'), ',', E'\\,');

-- The parts of a key's text: the inverse. A key of one part is that part as it is.
create function sincewire.split_key(key text, parts integer) returns text[] language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
  select case when parts = 1 then array[key] else
    (select array_agg(regexp_replace(m[1], E'\\\\(.)', E'\\1', 'g') order by n)
     from regexp_matches(key || ',', E'((?:[^,\\\\]|\\\\.)*),', 'g') with ordinality r(m, n)) end
$$;

-- A table with its partitions or inheritance children, at any depth.
create function sincewire.capture_members(root regclass)
returns table (member regclass, relkind "char") language sql stable set search_path = pg_catalog, pg_temp as $$
  with recursive m(oid) as (
    select root::oid union select i.inhrelid from pg_inherits i join m on i.inhparent = m.oid
  )
  select c.oid::regclass, c.relkind from m join pg_class c on c.oid = m.oid order by c.oid
$$;

-- The parts of a service's key: column, type, collation, and the operators and place in the unique index that
-- guards it. No rows: there is no such index.
create function sincewire.capture_key(source regclass, columns text[])
returns table (n integer, name text, type text, collated text, eq text, gt text, lt text, place integer)
language sql stable set search_path = pg_catalog, pg_temp as $$
  with guard as (
    select i.indexrelid, i.indkey::int2[] as attnums, i.indclass::oid[] as classes, i.indcollation::oid[] as collations
    from pg_index i join pg_class ic on ic.oid = i.indexrelid join pg_am am on am.oid = ic.relam
    where i.indrelid = source and i.indisunique and i.indisvalid and i.indimmediate and am.amname = 'btree'
      and i.indpred is null and i.indexprs is null and i.indnkeyatts = cardinality(columns)
      and not exists (select from unnest(columns) c(name) where not exists (
            select from pg_attribute a where a.attrelid = source and a.attname = c.name
              and a.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1])))
    order by i.indisprimary desc, i.indexrelid limit 1
  )
  select c.n::integer, c.name, format_type(a.atttypid, a.atttypmod),
         case when g.collations[p.i] <> 0 then (select format(' collate %I.%I', n.nspname, o.collname)
           from pg_collation o join pg_namespace n on n.oid = o.collnamespace where o.oid = g.collations[p.i])
         else '' end,
         op.names[3], op.names[5], op.names[1], p.i
  from guard g
  cross join unnest(columns) with ordinality c(name, n)
  join pg_attribute a on a.attrelid = source and a.attname = c.name
  cross join lateral (select array_position(g.attnums, a.attnum) as i) p
  cross join lateral (
    select array_agg(format('operator(%I.%s)', n.nspname, o.oprname) order by m.amopstrategy) as names
    from pg_opclass oc
    join pg_amop m on m.amopfamily = oc.opcfamily and m.amoplefttype = oc.opcintype and m.amoprighttype = oc.opcintype
                  and m.amoppurpose = 's'
    join pg_operator o on o.oid = m.amopopr join pg_namespace n on n.oid = o.oprnamespace
    where oc.oid = g.classes[p.i]
  ) op
  order by c.n
$$;

-- A template with its {{names}} replaced. In one pass, so that a value is never read as a template.
create function sincewire.fill(template text, parts jsonb) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  filled  text;
  unknown text;
begin
  select string_agg(case when n % 2 = 1 then piece else parts ->> piece end, '' order by n),
         string_agg(piece, ', ') filter (where n % 2 = 0 and parts ->> piece is null)
    into filled, unknown
  from regexp_split_to_table(template, '\{\{|\}\}') with ordinality r(piece, n);
  if unknown is not null then
    raise exception 'a template names parts that are not there: %', unknown;
  end if;
  return filled;
end $$;

-- Creates a function from templates of its head and body. The body is quoted after it is filled: no name in it,
-- however odd, ends it early.
create function sincewire.create_function(head text, body text, parts jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create or replace function %s as %L', sincewire.fill(head, parts), sincewire.fill(body, parts));
end $$;

-- What the templates of a service are filled with: everything quoted here, from catalogs and sincewire.capture.
create function sincewire.capture_parts(of_service text) returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  c     record;
  parts jsonb;
begin
  select p.*, m.json_table, m.key_parts, m.wake_on_commit into strict c
  from sincewire.capture p join sincewire.merchapi_config m on m.merchapi_name = p.service where p.service = of_service;

  select jsonb_build_object(
    'count', count(*),
    -- of the types: k1 integer, k2 text
    'definitions', string_agg(format('k%s %s', n, type), ', ' order by n),
    -- of aliases: q has k1, k2; s is the source with its own names; c.parts is a key's text taken apart
    'q.typed', string_agg(format('q.k%s', n), ', ' order by n),
    'd.k.typed', string_agg(format('(d.k).k%s', n), ', ' order by n),
    'k.typed', string_agg(format('k.k%s', n), ', ' order by n),
    's.typed', string_agg(format('s.k%s', n), ', ' order by n),
    's.columns', string_agg(format('s.%I as k%s', name, n), ', ' order by n),
    'columns', string_agg(format('%I as k%s', name, n), ', ' order by n),
    'c.parsed', string_agg(format('(c.parts[%s])::%s as k%s', n, type, n), ', ' order by n),
    'q.text', string_agg(format(case when count = 1 then 'q.k%s::text' else 'sincewire.key_part(q.k%s::text)' end, n),
                         ' || '','' || ' order by n),
    's.text', string_agg(format(case when count = 1 then 's.%I::text' else 'sincewire.key_part(s.%I::text)' end, name),
                         ' || '','' || ' order by n),
    's=k', string_agg(format('s.k%1$s%2$s %3$s k.k%1$s%2$s', n, collated, eq), ' and ' order by n),
    'd=k', string_agg(format('d.k%1$s%2$s %3$s k.k%1$s%2$s', n, collated, eq), ' and ' order by n),
    'by index', string_agg(format('s.k%s%s using %s', n, collated, lt), ', ' order by place),
    'as object', string_agg(format('%L, k.k%s', c.key_parts[n], n), ', ' order by n),
    'key columns', array_agg(name order by n)::text
  ) into parts
  from (select *, count(*) over () as count from sincewire.capture_key(c.source, c.key_columns)) k;

  return parts || jsonb_build_object(
    'service', quote_literal(c.service),
    'source table', c.source::text,
    'json table', c.json_table,
    'feed', format('sincewire_feed.%I', c.json_table),
    'wake', case when c.wake_on_commit then format(
      'if changed > 0 then perform pg_notify(''sincewire_wake'', %L); end if;', c.service) else '' end,
    -- What the writer's session may have set otherwise, and what keeps plans by index. JIT would start at the cost
    -- that PostgreSQL before 18 puts on a forbidden sequential scan.
    'settings', $settings$set search_path = pg_catalog, pg_temp
      set timezone = 'UTC' set datestyle = 'ISO, YMD' set intervalstyle = 'postgres' set extra_float_digits = 1
      set bytea_output = 'hex' set lc_monetary = 'C' set row_security = off
      set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off$settings$)
  || (select jsonb_object_agg(part, format('sincewire_capture.%I', c.json_table || '.' || part))
      from unnest(array['key', 'source', 'document', 'turn', 'merge', 'write', 'reconcile', 'chunk', 'vanished']) part);
end $$;

-- Makes or remakes a service's views and functions after its rows in sincewire.capture and capture_watch. Without
-- triggers yet: see put_capture_triggers. Refusals have SQLSTATE SW001 and a sentence for whoever asked.
create function sincewire.define_capture(of_service text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $define$
declare
  p      jsonb := sincewire.capture_parts(of_service);
  c      sincewire.capture;
  called jsonb;   -- what the triggers call: the merge itself, or what files keys for it
  turns  boolean; -- see rule 2; who merges what others have written has no row lock of theirs
  w      record;
begin
  select * into strict c from sincewire.capture where service = of_service;
  turns := c.deferred or c.document_view is not null or exists (
    select from pg_inherits i join pg_class r on r.oid = i.inhparent where r.oid = c.source and r.relkind = 'r');

  -- A key of other types is another key: everything that takes one is made anew.
  begin
    execute sincewire.fill('create type {{key}} as (key text collate "C", {{definitions}})', p);
  exception when duplicate_object then
    if sincewire.row_type_of((p ->> 'key')::regtype) <> sincewire.fill('key text, {{definitions}}', p) then
      perform sincewire.drop_capture(of_service, false);
      execute sincewire.fill('create type {{key}} as (key text collate "C", {{definitions}})', p);
    end if;
  end;

  execute sincewire.fill('drop view if exists {{source}}, {{document}}', p);
  execute sincewire.fill('create view {{source}} as
    select {{s.columns}}, ({{s.text}}) collate "C" as key from {{source table}} s', p);
  execute sincewire.fill(case
    when c.document_view is not null then 'create view {{document}} as
      select {{s.columns}}, ({{s.text}}) collate "C" as key, ltrim(s.doc::text, E'' \t\r\n'')::json as document
      from {{document view}} s where s.doc is not null'
    when c.shape is not null then 'create view {{document}} as
      select {{s.columns}}, ({{s.text}}) collate "C" as key, row_to_json(d.*) as document
      from {{source table}} s cross join lateral (select {{shape}}) d'
    else 'create view {{document}} as
      select {{s.columns}}, ({{s.text}}) collate "C" as key, row_to_json(s.*) as document from {{source table}} s'
    end, p || jsonb_build_object(
      'document view', c.document_view::text,
      'shape', (select string_agg(format('s.%I as %I', e ->> 'column', e ->> 'name'), ', ' order by n)
                from jsonb_array_elements(c.shape) with ordinality r(e, n))));

  if turns then
    execute sincewire.fill('create table if not exists {{turn}} (
      class bigint primary key, holder xid8 not null default pg_current_xact_id()) with (fillfactor = 70)', p);
  end if;
  perform sincewire.define_merge(p, turns);
  perform sincewire.define_chunks(of_service, p);
  called := case when c.deferred then p || sincewire.define_deferred(p) else p end;
  turns := turns and not c.deferred;
  perform sincewire.define_trigger_functions(called, '', (p ->> 'source')::regclass, turns, p ->> 'columns');
  for w in select * from sincewire.capture_watch where service = of_service order by position loop
    perform sincewire.define_watch(called, w.position, w.watched, w.expressions, turns);
  end loop;
end $define$;

-- A composite type's columns as text, to tell whether two keys are alike.
create function sincewire.row_type_of(composite regtype) returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum)
  from pg_type t join pg_attribute a on a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
  where t.oid = composite
$$;

-- The triggers that a service should have, each table's in its tree.
create function sincewire.capture_triggers(of_service text)
returns table (on_table regclass, relkind "char", name text, event text, function text, mode "char", made "char")
language sql stable set search_path = pg_catalog, pg_temp as $$
  with tables as (
    select m.json_table, p.source as root, '' as suffix
    from sincewire.capture p join sincewire.merchapi_config m on m.merchapi_name = p.service where p.service = of_service
    union all
    select m.json_table, w.watched, '.watch' || w.position
    from sincewire.capture_watch w join sincewire.merchapi_config m on m.merchapi_name = w.service
    where w.service = of_service
  ), wanted as (
    select r.member, r.relkind, format('sincewire %s%s %s', t.json_table, t.suffix, e.event) as name, e.event,
           format('sincewire_capture.%I', t.json_table || t.suffix || case e.event when 'row' then '.row' else '.rows' end) as function,
           -- row: where a partition may come to later, and so takes its trigger from, always; else only for replicas
           (case when e.event = 'truncate' or e.event = 'row' and r.relkind = 'p' then 'A'
                 when e.event = 'row' then 'R' else 'O' end)::"char" as mode
    from tables t
    cross join lateral sincewire.capture_members(t.root) r
    cross join unnest(array['insert', 'update', 'delete', 'truncate', 'row']) e(event)
  )
  select w.member, w.relkind, w.name, w.event, w.function, w.mode,
         (select g.tgenabled from pg_trigger g where g.tgrelid = w.member and g.tgname = w.name)
  from wanted w
$$;

-- What is missing or switched off: then changes are lost, so that a rebuild (which mends it) is due.
create function sincewire.capture_gaps(of_service text) returns setof regclass
language sql stable set search_path = pg_catalog, pg_temp as $$
  select distinct on_table from sincewire.capture_triggers(of_service) where made is null or made not in (mode, 'A')
$$;

-- Puts the triggers that are missing on the tables, and switches on those that are off. Waits for running writers,
-- and others wait behind it: set lock_timeout.
create function sincewire.put_capture_triggers(of_service text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  t record;
begin
  -- what a former definition watched
  for t in
    select g.tgrelid::regclass as on_table, g.tgname
    from pg_trigger g join pg_proc f on f.oid = g.tgfoid join sincewire.merchapi_config m on m.merchapi_name = of_service
    where f.pronamespace = 'sincewire_capture'::regnamespace and starts_with(f.proname, m.json_table || '.')
      and g.tgparentid = 0
      and not exists (select from sincewire.capture_triggers(of_service) w
                      where w.on_table = g.tgrelid and w.name = g.tgname)
  loop
    execute format('drop trigger %I on %s', t.tgname, t.on_table);
  end loop;
  for t in select g from sincewire.capture_gaps(of_service) g order by g::oid loop
    execute format('lock table %s in share row exclusive mode', t.g);
  end loop;
  -- parents first: they give their row trigger to their partitions
  for t in select * from sincewire.capture_triggers(of_service) order by relkind = 'p' desc, on_table::oid, event loop
    continue when t.made in (t.mode, 'A');
    if not exists (select from pg_trigger where tgrelid = t.on_table and tgname = t.name) then
      execute format('create trigger %I after %s on %s %s for each %s execute function %s()', t.name,
        case t.event when 'row' then 'insert or update or delete' else t.event end, t.on_table,
        case t.event when 'insert' then 'referencing new table as new_rows'
                     when 'delete' then 'referencing old table as old_rows'
                     when 'update' then 'referencing old table as old_rows new table as new_rows' else '' end,
        case t.event when 'row' then 'row' else 'statement' end, t.function);
    end if;
    begin
      execute format('alter table only %s enable %s trigger %I', t.on_table,
                     case t.mode when 'A' then 'always' when 'R' then 'replica' else '' end, t.name);
    exception when insufficient_privilege then
      -- before 15 a partition's copy of a trigger is the system's: left on, which costs time, and is as right
      null;
    end;
  end loop;
end $$;

-- Drops what define_capture made, and the triggers with it; with `records` the change table and turns too.
create function sincewire.drop_capture(of_service text, records boolean) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  feed text;
  d    record;
begin
  select json_table into strict feed from sincewire.merchapi_config where merchapi_name = of_service;
  for d in select oid::regprocedure as name from pg_proc
           where pronamespace = 'sincewire_capture'::regnamespace and starts_with(proname, feed || '.') loop
    execute format('drop function %s cascade', d.name);
  end loop;
  for d in select oid::regclass as name from pg_class
           where relnamespace = 'sincewire_capture'::regnamespace and relkind = 'v' and starts_with(relname, feed || '.') loop
    execute format('drop view %s cascade', d.name);
  end loop;
  execute format('drop type if exists sincewire_capture.%I cascade', feed || '.key');
  execute format('drop table if exists sincewire_capture.%I', feed || '.log');
  if records then
    execute format('drop table if exists sincewire_capture.%I', feed || '.turn');
    execute format('drop table if exists sincewire_feed.%I', feed);
  end if;
end $$;

-- One step of a load or rebuild: see define_chunks.
create function sincewire.capture_chunk(
  of_service text, after text, size integer, forced boolean, out seen integer, out changed bigint, out last text)
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute sincewire.fill('select * from {{chunk}}($1, $2, $3)', sincewire.capture_parts(of_service))
    into seen, changed, last using after, size, forced;
end $$;

create function sincewire.capture_vanished(
  of_service text, after text, size integer, out seen integer, out changed bigint, out last text)
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute sincewire.fill('select * from {{vanished}}($1, $2)', sincewire.capture_parts(of_service))
    into seen, changed, last using after, size;
end $$;
