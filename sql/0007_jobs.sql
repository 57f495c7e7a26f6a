-- The background jobs: their settings, and deferred capture with its delta process. Refresh requests and the pruning of
-- tombstones: see 0008_refresh_and_prune.sql.

-- B8D_PROCESS_CONFIG (document 004, "Update Background Job Configuration"): what steers each background job. A service
-- whose capture is deferred has a job of its own, delta/<service>. src/domain/process.ts says what each column does.
create table merch.b8d_process_config (
  job_name            text collate "C" primary key,
  service             text unique references sincewire.merchapi_config on delete cascade,
  num_threads         integer not null check (num_threads >= 1),
  num_data_to_process integer not null check (num_data_to_process >= 1),
  commit_max_ctr      integer not null check (commit_max_ctr >= 1),
  archive_ind         text not null default 'N' check (archive_ind in ('Y', 'N')),
  updated_at          timestamptz not null default clock_timestamp(),
  check ((job_name = 'delta/' || service) is not false)
);
insert into merch.b8d_process_config (job_name, num_threads, num_data_to_process, commit_max_ctr) values
  ('refresh', 2, 100000, 5000),
  ('prune', 1, 1000000, 10000);

-- What the last run of a job failed with; null again after one that did not.
alter table merch.b8d_process_config add column last_error text, add column last_error_at timestamptz;

-- Deferred capture: the triggers of a service only file keys in its change log, "<feed>.log", one row for each
-- distinct key of a statement. The service's delta process takes rows of the log, makes the documents anew from the
-- view and merges them into the change table.
--
-- Rules, and why nothing is lost
--
--  1. A run of the taker is one transaction: it locks log rows that nobody else has locked, brings their keys' change
--     rows in line with the source, and deletes those log rows, by their ids. A key that is filed again meanwhile, or
--     by a transaction that commits later, is another row, and stays.
--  2. A taker sees a log row once its writer has committed. It reads the documents in later statements, so with later
--     snapshots: they show that writer's changes. Nothing depends on the order in which ids become visible.
--  3. Two takers may have rows of one key. Every merge of a deferred service takes the key's turn first (rule 2 of
--     0003_capture.sql) and reads the view only then: whoever merges last has read last. Loads and rebuilds go by the
--     same turns.
--  4. A taker that dies leaves nothing behind: its row locks end with its session, and its log rows and change rows
--     are as if it had never run. There is no "in progress" mark that somebody would have to take back.
--  5. A document that cannot be made does not hold up the others: the keys of a failed merge are halved until those
--     that fail stand alone. Such a key goes from the log to delta_failure in the same transaction, to be tried again
--     later, and after some tries only when it is filed again or somebody asks. Its record stays as last published.
--     What is not the fault of one document (a lock, a view that no longer fits its tables) fails the run as a whole.

-- Keys whose document could not be made.
create table sincewire.delta_failure (
  service         text not null references sincewire.capture on delete cascade,
  key             text collate "C" not null,
  tries           integer not null,
  error           text not null,
  sql_state       text not null,
  first_failed_at timestamptz not null,
  failed_at       timestamptz not null,
  retry_at        timestamptz,               -- null: set aside
  primary key (service, key)
);
create index on sincewire.delta_failure (service, retry_at);

-- Log rows that were processed while archiveInd was Y.
create table sincewire.delta_history (
  service      text not null,
  log_id       bigint not null,
  key          text collate "C" not null,
  logged_at    timestamptz not null,
  processed_at timestamptz not null default clock_timestamp()
);
create index on sincewire.delta_history (processed_at);
create index on sincewire.delta_history (service, key, processed_at);

-- Makes or remakes what deferred capture needs beside define_capture's objects: the log, what files keys and what
-- takes them. Returns what the triggers are to call instead of the merge and the sweeps.
create function sincewire.define_deferred(p jsonb) returns jsonb
language plpgsql set search_path = pg_catalog, pg_temp as $define$
declare
  called jsonb;
begin
  called := jsonb_object_agg(part, format('sincewire_capture.%I', (p ->> 'json table') || name))
    from (values ('merge', '.file'), ('vanished', '.file_published'), ('chunk', '.file_all')) v(part, name);
  p := p || jsonb_build_object(
    'log', format('sincewire_capture.%I', (p ->> 'json table') || '.log'),
    'take', format('sincewire_capture.%I', (p ->> 'json table') || '.take'),
    'try', format('sincewire_capture.%I', (p ->> 'json table') || '.try'),
    'file', called ->> 'merge', 'file published', called ->> 'vanished', 'file all', called ->> 'chunk',
    'notify', case when p ->> 'wake' = '' then '' else
      sincewire.fill('perform pg_notify(''sincewire_jobs'', {{service}});', p) end);

  -- One index, the least that a writer can pay. Ids are handed out early and seen late: nothing goes by their order
  -- but fairness.
  if to_regclass(p ->> 'log') is null then
    execute sincewire.fill('create table {{log}} (
      id        bigint generated always as identity primary key,
      key       text collate "C" not null,
      logged_at timestamptz not null default statement_timestamp()
    ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
            autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000)', p);
    -- of keys of other types: a rebuild follows
    execute sincewire.fill('delete from sincewire.delta_failure where service = {{service}}', p);
  end if;

  -- Called in the merge's place, so with its arguments.
  perform sincewire.create_function('{{file}}(keys {{key}}[], forced boolean, fresh boolean) returns bigint language plpgsql', $body$
    begin
      insert into {{log}} (key) select k.key from unnest(keys) k;
      {{notify}}
      return cardinality(keys);
    end $body$, p);

  -- Truncated: every key that is published, or every key there is. What is not yet merged is in the log already.
  perform sincewire.create_function('{{file published}}(after text, size integer, out seen integer, out changed bigint, out last text) language plpgsql', $body$
    begin
      insert into {{log}} (key) select c.key from {{feed}} c where c.deleted_at is null;
      {{notify}}
    end $body$, p);
  perform sincewire.create_function('{{file all}}(after text, size integer, forced boolean, out seen integer, out changed bigint, out last text) language plpgsql', $body$
    begin
      insert into {{log}} (key) select s.key from {{source}} s;
      {{notify}}
    end $body$, p);

  -- "try": merges keys, halving them where that fails. A subtransaction a call: it ends before the halves are tried.
  perform sincewire.create_function('{{try}}(keys {{key}}[], tries integer, retry_after interval, out changed bigint, out failed text[]) language plpgsql', $body$
    declare
      half    integer := cardinality(keys) / 2;
      one     record;
      state   text;
      problem text;
    begin
      failed := '{}';
      begin
        changed := {{merge}}(keys, false, false);
        return;
      exception when others then
        get stacked diagnostics state = returned_sqlstate, problem = message_text;
        -- conflicts, resources, locks, interventions, the system, internal errors; a view that no longer fits
        if left(state, 2) in ('40', '42', '53', '55', '57', '58', 'XX') then
          raise;
        end if;
      end;
      changed := 0;
      if half = 0 then
        failed := array[keys[1].key];
        insert into sincewire.delta_failure as f
          (service, key, tries, error, sql_state, first_failed_at, failed_at, retry_at)
        values ({{service}}, keys[1].key, 1,
                -- what the database says may show a row
                case when exists (select from merch.personal_service s where s.service = {{service}})
                     then 'SQLSTATE ' || state || '; the message is not kept, since the documents hold personal data'
                     else left(problem, 500) end, state, clock_timestamp(), clock_timestamp(),
                case when $2 > 1 then clock_timestamp() + retry_after end)
        on conflict (service, key) do update set
          tries = f.tries + 1, error = excluded.error, sql_state = excluded.sql_state, failed_at = excluded.failed_at,
          -- each time twice as long
          retry_at = case when f.tries + 1 < $2
                          then clock_timestamp() + retry_after * power(2, least(f.tries, 20)) end;
        return;
      end if;
      for one in select * from {{try}}(keys[1:half], tries, retry_after)
           union all select * from {{try}}(keys[half + 1:cardinality(keys)], tries, retry_after) loop
        changed := changed + one.changed;
        failed := failed || one.failed;
      end loop;
    end $body$, p);

  -- "take": see rule 1.
  perform sincewire.create_function('{{take}}(size integer, archive boolean, tries integer, retry_after interval, out taken integer, out changed bigint, out failed integer) language plpgsql {{settings}}', $body$
    declare
      ids   bigint[];
      texts text[];
      again text[];
      keys  {{key}}[];
      one   record;
    begin
      changed := 0;
      failed := 0;
      select array_agg(l.id), array_agg(distinct l.key) into ids, texts
      from (select l.id, l.key from {{log}} l order by l.id limit size for update skip locked) l;
      select array_agg(f.key) into again from (
        select f.key from sincewire.delta_failure f
        where f.service = {{service}} and f.retry_at <= clock_timestamp()
        order by f.retry_at limit size for update skip locked) f;
      taken := coalesce(cardinality(ids), 0) + coalesce(cardinality(again), 0);
      if taken = 0 then
        return;
      end if;

      -- in the order of the turns, so that takers wait for each other rarely, and never in a circle
      select array_agg(row(k.key, {{k.typed}})::{{key}} order by hash_record_extended(row({{k.typed}}), 0)) into keys
      from (
        select c.key, {{c.parsed}} from (
          select t.key, sincewire.split_key(t.key, {{count}}) as parts
          from (select unnest(texts) union select unnest(again)) t(key)
        ) c
      ) k;
      for i in 1 .. cardinality(keys) by 500 loop
        for one in select * from {{try}}(keys[i : i + 499], tries, retry_after) loop
          changed := changed + one.changed;
          failed := failed + cardinality(one.failed);
          delete from sincewire.delta_failure f
          using unnest(keys[i : i + 499]) k
          where f.service = {{service}} and f.key = k.key and f.key <> all (one.failed);
        end loop;
      end loop;

      if archive then
        with done as (delete from {{log}} l where l.id = any (ids) returning l.*)
        insert into sincewire.delta_history (service, log_id, key, logged_at)
        select {{service}}, d.id, d.key, d.logged_at from done d;
      else
        delete from {{log}} l where l.id = any (ids);
      end if;
    end $body$, p);

  insert into merch.b8d_process_config (job_name, service, num_threads, num_data_to_process, commit_max_ctr)
  select 'delta/' || m.merchapi_name, m.merchapi_name, 2, 50000, 500
  from sincewire.merchapi_config m where m.json_table = p ->> 'json table'
  on conflict do nothing;
  return called;
end $define$;

-- One run of a service's taker.
create function sincewire.take_deferred(
  of_service text, size integer, archive boolean, tries integer, retry_after interval,
  out taken integer, out changed bigint, out failed integer)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  feed text;
begin
  select m.json_table into feed from sincewire.merchapi_config m join sincewire.capture c on c.service = m.merchapi_name
  where m.merchapi_name = of_service and c.deferred;
  if feed is null then
    select 0, 0, 0 into taken, changed, failed;  -- uncaptured, or inline by now
    return;
  end if;
  execute format('select * from sincewire_capture.%I($1, $2, $3, $4)', feed || '.take')
    into taken, changed, failed using size, archive, tries, retry_after;
end $$;

-- Deferred services whose delta process has something to do.
create function sincewire.deferred_waiting() returns setof text
language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
declare
  c     record;
  found boolean;
begin
  for c in select p.service, m.json_table from sincewire.capture p
           join sincewire.merchapi_config m on m.merchapi_name = p.service where p.deferred order by 1 loop
    -- by the index: the table may be full of rows that are gone and not yet vacuumed
    execute format('select exists (select from sincewire_capture.%I where id > 0 order by id)', c.json_table || '.log')
      into found;
    if found or exists (select from sincewire.delta_failure f
                        where f.service = c.service and f.retry_at <= clock_timestamp()) then
      return next c.service;
    end if;
  end loop;
end $$;

-- How far behind a deferred service is: log rows, counted up to so many, and since when the oldest waits.
create function sincewire.deferred_backlog(of_service text, at_most integer, out waiting bigint, out oldest timestamptz)
language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
begin
  execute (select format('select (select count(*) from (select from sincewire_capture.%1$I order by id limit $1) l),
                                 (select logged_at from sincewire_capture.%1$I order by id limit 1)', m.json_table || '.log')
           from sincewire.merchapi_config m where m.merchapi_name = of_service) into waiting, oldest using at_most;
end $$;

-- Switches a service between inline and deferred capture. Waits until no writer is in the middle of the other way (set
-- lock_timeout); define_capture must follow in the same transaction. Back to inline, what the log holds is merged
-- first: it must be little.
create function sincewire.defer_capture(of_service text, wanted boolean) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  t    record;
  done record;
  feed text;
begin
  if (select c.deferred from sincewire.capture c where c.service = of_service) = wanted then
    return;
  end if;
  for t in select distinct g.on_table from sincewire.capture_triggers(of_service) g order by 1 loop
    execute format('lock table only %s in share row exclusive mode', t.on_table);
  end loop;
  if not wanted then
    select m.json_table into strict feed from sincewire.merchapi_config m where m.merchapi_name = of_service;
    execute format('lock table sincewire_capture.%I in access exclusive mode', feed || '.log');
    update sincewire.delta_failure f set retry_at = clock_timestamp() where f.service = of_service;
    for i in 1 .. 20 loop
      select * into done from sincewire.take_deferred(of_service, 1000, false, 1, '0');
      exit when done.taken = 0;
    end loop;
    if done.taken > 0 then
      raise exception using errcode = 'SW001',
        message = 'its change log holds many keys: wait until the delta process has caught up';
    end if;
    if exists (select from sincewire.delta_failure f where f.service = of_service) then
      raise exception using errcode = 'SW001',
        message = 'documents are set aside, and a writer would fail where they do: mend them first';
    end if;
    execute format('drop table sincewire_capture.%I', feed || '.log');
    delete from merch.b8d_process_config where service = of_service;
  end if;
  update sincewire.capture set deferred = wanted where service = of_service;
end $$;
