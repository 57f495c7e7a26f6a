-- What define_capture generates for a service, from templates: the rules that these functions keep, and why they
-- hold, are at the top of 0003_capture.sql. Names in {{braces}} are filled in by sincewire.fill.
--
--   merge      takes keys, reads what is there now, has it written; write is its second half
--   reconcile  the same for who does not hold the rows of the keys; chunk and vanished walk over the keys for it
--   rows, row  the trigger functions: find the keys that a statement or a row touched, and merge them

-- "merge": makes the change rows of some hundreds of keys say what is there now. Returns how many it changed.
-- `forced` stamps unchanged documents too; `fresh` expects that most keys have no change row yet.
create function sincewire.define_merge(p jsonb, turns boolean) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $define$
begin
  perform sincewire.create_function('{{merge}}(keys {{key}}[], forced boolean, fresh boolean) returns bigint language plpgsql', $body$
    #variable_conflict use_column
    declare
      docs    sincewire.captured[];
      changed bigint;
    begin {{take turns}}
      select array_agg(row(k.key, coalesce(d.document, json_build_object({{as object}})), d.key is null)::sincewire.captured
                       order by k.key) into docs
      from unnest(keys) k
      left join lateral (select d.key, d.document from {{document}} d where {{d=k}} and d.key = k.key offset 0) d on true
      {{where known}};
      changed := {{write}}(docs, forced, fresh);
      {{wake}}
      return changed;
    end $body$,
    p || jsonb_build_object(
      -- The second statement adds keys that equal these but print differently, as the source has them.
      'take turns', case when turns then sincewire.fill('
      insert into {{turn}} as t (class)
      select distinct hash_record_extended(row({{k.typed}}), 0) from unnest(keys) k order by 1
      on conflict (class) do update set holder = excluded.holder;
      keys := array(
        select row(k.key, {{k.typed}})::{{key}} from unnest(keys) k
        union
        select row(s.key, {{s.typed}})::{{key}} from unnest(keys) k
        cross join lateral (select s.* from {{source}} s where {{s=k}} and s.key <> k.key offset 0) s);', p)
        else '' end,
      -- Under a turn the change row is settled, so a key that never had a document needs no tombstone.
      'where known', case when turns then sincewire.fill('where d.key is not null or
        (select t.key from {{feed}} t where t.key = k.key and t.deleted_at is null) is not null', p) else '' end));

  -- "write": the update is the fast way, but passes over a row that looks right while somebody else is changing it.
  -- What it passed over goes the way that locks before it looks.
  perform sincewire.create_function('{{write}}(docs sincewire.captured[], forced boolean, fresh boolean) returns bigint language plpgsql set enable_hashjoin = off set enable_mergejoin = off', $body$
    #variable_conflict use_column
    declare
      done  text[] := '{}';
      added bigint := 0;
    begin
      if not fresh then
        with updated as (
          update {{feed}} c set document = case when f.deleted then c.document else f.document end,
                                deleted_at = case when f.deleted then now() end
          from unnest(docs) f
          where c.key = f.key and (f.deleted <> (c.deleted_at is not null)
                                   or not f.deleted and (forced or c.document::text <> f.document::text))
          returning c.key
        )
        select coalesce(array_agg(key), '{}') into done from updated;
      end if;
      if cardinality(done) < cardinality(docs) then
        insert into {{feed}} as c (key, document, deleted_at)
        select f.key, f.document, case when f.deleted then now() end
        from unnest(docs) f where f.key not in (select unnest(done))
        on conflict (key) do update set
          document = case when excluded.deleted_at is null then excluded.document else c.document end,
          deleted_at = excluded.deleted_at
        where (excluded.deleted_at is null) <> (c.deleted_at is null)
           or excluded.deleted_at is null and (forced or c.document::text <> excluded.document::text);
        get diagnostics added = row_count;
      end if;
      return cardinality(done) + added;
    end $body$, p);

  -- "reconcile": the same for a load or rebuild, which does not hold the keys' rows (rule 3).
  perform sincewire.create_function('{{reconcile}}(keys {{key}}[], forced boolean) returns bigint language plpgsql', $body$
    #variable_conflict use_column
    declare
      held    {{key}}[] := keys;
      changed bigint := 0;
      added   bigint := 0;
    begin {{lock found}}
      for i in 1 .. coalesce(cardinality(held), 0) by 500 loop
        changed := changed + {{merge}}(held[i : i + 499], forced, false);
      end loop; {{insert others}}
      return changed + added;
    end $body$,
    p || jsonb_build_object(
      'lock found', case when turns then '' else sincewire.fill('
      select array_agg(row(k.key, {{k.typed}})::{{key}}) into held
      from (select * from unnest(keys) k order by k.key) k
      cross join lateral (select c.key from {{feed}} c where c.key = k.key for update) c;', p) end,
      'insert others', case when turns then '' else sincewire.fill('
      insert into {{feed}} (key, document)
      select k.key, d.document from (select * from unnest(keys) k order by k.key) k
      cross join lateral (select d.key, d.document from {{document}} d where {{d=k}} and d.key = k.key offset 0) d
      where (select c.key from {{feed}} c where c.key = k.key) is null
      on conflict do nothing;
      get diagnostics added = row_count;', p) end));
end $define$;

-- "chunk" and "vanished": one step over the keys of the source, and over the live records that have lost theirs.
-- `after` is the last key of the step before, null at the start; `last` is null when there is nothing left.
create function sincewire.define_chunks(of_service text, p jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $define$
declare
  following text;  -- the keys after `pos`, an index range for each part: k1 = and k2 >, then k1 >
begin
  select string_agg(sincewire.fill('(select s.* from {{source}} s where ', p) || range
                    || sincewire.fill(' order by {{by index}} limit size)', p), ' union all ' order by place desc)
    into following
  from (
    select a.place, string_agg(
        format('s.k%1$s%2$s %3$s (pos).k%1$s%2$s', b.n, b.collated, case when b.place = a.place then b.gt else b.eq end),
        ' and ' order by b.place) as range
    from sincewire.capture c
    cross join lateral sincewire.capture_key(c.source, c.key_columns) a
    cross join lateral sincewire.capture_key(c.source, c.key_columns) b
    where c.service = of_service and b.place <= a.place
    group by a.place
  ) ranges;
  p := p || jsonb_build_object('following', following);

  perform sincewire.create_function('{{chunk}}( after text, size integer, forced boolean, out seen integer, out changed bigint, out last text) language plpgsql {{settings}}', $body$
    #variable_conflict use_column
    declare
      pos  {{key}} := after::{{key}};
      keys {{key}}[];
    begin
      if after is null then
        select array_agg(row(s.key, {{s.typed}})::{{key}}) into keys
        from (select s.* from {{source}} s order by {{by index}} limit size) s;
      else
        select array_agg(row(s.key, {{s.typed}})::{{key}}) into keys
        from (select s.* from ({{following}}) s order by {{by index}} limit size) s;
      end if;
      changed := {{reconcile}}(keys, forced);
      seen := coalesce(cardinality(keys), 0);
      last := keys[seen]::text;
    end $body$, p);

  perform sincewire.create_function('{{vanished}}( after text, size integer, out seen integer, out changed bigint, out last text) language plpgsql {{settings}}', $body$
    #variable_conflict use_column
    declare
      keys {{key}}[];
    begin
      select array_agg(row(k.key, {{k.typed}})::{{key}}) filter (where k.gone), count(*), max(k.key)
        into keys, seen, last
      from (
        select k.*, (select s.key from {{source}} s where {{s=k}} and s.key = k.key limit 1) is null as gone
        from (
          select c.key, {{c.parsed}} from (
            select c.key, sincewire.split_key(c.key, {{count}}) as parts from (
              select c.key from {{feed}} c where c.key = '' and after is null and c.deleted_at is null
              union all
              (select c.key from {{feed}} c where c.key > coalesce(after, '') and c.deleted_at is null
               order by c.key limit size)
            ) c
          ) c
        ) k
      ) k;
      changed := {{reconcile}}(keys, false);
    end $body$, p);
end $define$;

-- A watched table: a view that ties the expressions to its columns, and the trigger functions.
create function sincewire.define_watch(
  p jsonb, place integer, watched regclass, expressions text[], turns boolean) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $define$
declare
  columns text;
  ties    text := format('sincewire_capture.%I', format('%s.watch%s', p ->> 'json table', place));
  wrong   text;
begin
  select string_agg(format('(%s)::%s%s as k%s', e.expression, k.type, k.collated, k.n), ', ' order by k.n) into columns
  from sincewire.capture_key((p ->> 'source table')::regclass, (p ->> 'key columns')::text[]) k
  join unnest(expressions) with ordinality e(expression, n) on e.n = k.n;

  execute format('drop view if exists %s', ties);
  execute format('create view %s as select %s from %s as watched', ties, columns, watched);
  select string_agg(distinct case when d.refobjid = watched then 'the virtual column ' || a.attname
                                  else d.refobjid::regclass::text end, ', ') into wrong
  from sincewire.columns_of(ties::regclass) d
  left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
  where d.refobjid <> watched or a.attgenerated = 'v';  -- transition tables have no virtual values
  if wrong is not null then
    raise exception using errcode = 'SW001',
      message = format('the key of a row of %s must come from stored columns of that row alone, not from %s', watched, wrong);
  end if;
  perform sincewire.define_trigger_functions(p, '.watch' || place, ties::regclass, turns, columns);
end $define$;

-- The columns that a view goes by.
create function sincewire.columns_of(view regclass) returns table (refobjid oid, refobjsubid integer)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select distinct d.refobjid, d.refobjsubid
  from pg_rewrite r
  join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
  where r.ev_class = view and d.refobjid <> view
$$;

-- "rows" and "row": the trigger functions of the source or of a watched table. `ties` is the view that says by which
-- columns they go, `columns` computes the key's parts over a row of the table.
create function sincewire.define_trigger_functions(
  p jsonb, suffix text, ties regclass, turns boolean, columns text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $define$
declare
  keys_of text := 'select row({{q.text}}, {{q.typed}})::{{key}} as k from (select {{columns of}} from %s as watched) q'
                  || case when suffix = '' then '' else ' where ({{q.typed}}) is not null' end;
  -- In the order in which turns are taken everywhere, or change rows locked: statements wait for each other, rarely
  -- for each other's end at the same time.
  batches text := 'select array_agg(b.k) from (
      select d.k, (row_number() over (order by {{rank}}) - 1) / 500 as n from (select distinct a.k from (%s) a) d
    ) b group by b.n order by b.n';
begin
  p := p || jsonb_build_object(
    'columns of', columns,
    'rows', format('sincewire_capture.%I', (p ->> 'json table') || suffix || '.rows'),
    'row', format('sincewire_capture.%I', (p ->> 'json table') || suffix || '.row'),
    'sweep', case when suffix = '' then '{{vanished}}(after, 1000)' else '{{chunk}}(after, 1000, false)' end,
    'ties', (select format('%L', array_agg(a.attname)) from sincewire.columns_of(ties) d
             join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid));
  p := p || jsonb_build_object('rank', sincewire.fill(
    case when turns then 'hash_record_extended(row({{d.k.typed}}), 0)' else '(d.k).key' end, p));
  p := p || jsonb_build_object(
    'sweep', sincewire.fill(p ->> 'sweep', p),
    'inserted', sincewire.fill(format(batches, format(keys_of, 'new_rows')), p),
    'deleted', sincewire.fill(format(batches, format(keys_of, 'old_rows')), p),
    'updated', sincewire.fill(format(batches, format(keys_of, 'new_rows') || ' union all ' || format(keys_of, 'old_rows')), p),
    'new key', sincewire.fill(format(keys_of, '(select new.*)'), p),
    'old key', sincewire.fill(format(keys_of, '(select old.*)'), p));

  perform sincewire.create_function('{{rows}}() returns trigger language plpgsql security definer {{settings}}', $body$
    #variable_conflict use_column
    declare
      keys  {{key}}[];
      after text;
    begin
      if (select count(*) from pg_attribute a where a.attrelid = tg_relid and a.attname = any ({{ties}}::name[])
                                                and not a.attisdropped) < cardinality({{ties}}::name[]) then
        raise exception using errcode = 'undefined_column',
          message = format('Sincewire cannot capture %s for service %s: a column of %s was renamed or dropped',
                           tg_relid::regclass, {{service}}, {{ties}}),
          hint = 'Run sincewire capture again with the present names, or sincewire uncapture.';
      end if;
      if tg_op = 'INSERT' then
        for keys in {{inserted}} loop
          perform {{merge}}(keys, false, tg_op = 'INSERT');
        end loop;
      elsif tg_op = 'UPDATE' then
        for keys in {{updated}} loop
          perform {{merge}}(keys, false, tg_op = 'INSERT');
        end loop;
      elsif tg_op = 'DELETE' then
        for keys in {{deleted}} loop
          perform {{merge}}(keys, false, tg_op = 'INSERT');
        end loop;
      else
        if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
          -- it could not see what others published since its snapshot, and nothing would make it fail
          raise exception using errcode = 'feature_not_supported',
            message = format('%s cannot be truncated in a %s transaction while Sincewire captures it for %s',
                             tg_relid::regclass, current_setting('transaction_isolation'), {{service}}),
            hint = 'Truncate it in a read committed transaction, or delete its rows.';
        end if;
        loop
          select s.last into after from {{sweep}} s;
          exit when after is null;
        end loop;
      end if;
      return null;
    end $body$, p);

  perform sincewire.create_function('{{row}}() returns trigger language plpgsql security definer {{settings}}', $body$
    #variable_conflict use_column
    declare
      keys {{key}}[];
    begin
      if (select count(*) from pg_attribute a where a.attrelid = tg_relid and a.attname = any ({{ties}}::name[])
                                                and not a.attisdropped) < cardinality({{ties}}::name[]) then
        raise exception using errcode = 'undefined_column',
          message = format('Sincewire cannot capture %s for service %s: a column of %s was renamed or dropped',
                           tg_relid::regclass, {{service}}, {{ties}}),
          hint = 'Run sincewire capture again with the present names, or sincewire uncapture.';
      end if;
      if tg_op = 'INSERT' then
        keys := array({{new key}});
      elsif tg_op = 'DELETE' then
        keys := array({{old key}});
      else
        keys := array({{new key}} union {{old key}});
      end if;
      perform {{merge}}(keys, false, tg_op = 'INSERT');
      return null;
    end $body$, p);
end $define$;
