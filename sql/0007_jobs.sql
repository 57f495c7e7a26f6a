-- The background jobs: their settings, deferred capture with its delta process, refresh requests, pruned tombstones.

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
