-- The registrations, what they published, and what became of every call.
--
-- Schema sincewire holds our own tables; schema sincewire_feed holds one change table per
-- published service (made by capture, named by merchapi_config.json_table).
-- All timestamps are timestamptz; positions keep full microseconds.

create schema if not exists sincewire;
create schema if not exists sincewire_feed;

-- A published service. One without a json_table cannot have a webhook.
create table sincewire.merchapi_config (
  merchapi_name  text primary key check (length(merchapi_name) between 1 and 100),
  title          text,
  json_table     text unique check (length(json_table) <= 63),  -- a table of schema sincewire_feed
  enabled        boolean not null default false,
  key_parts      text[] not null default '{}',                  -- names of the natural key's parts, in order
  filters        jsonb not null default '[]',                   -- [{"name","path","values"?}]: see publish filters
  wake_on_commit boolean not null default false,                -- capture notifies the engine at commit
  loaded_at      timestamptz,                                   -- last full load of the change table
  refreshed_at   timestamptz,                                   -- last rebuild
  created_at     timestamptz not null default clock_timestamp()
);

-- How we authenticate to a listener. Secret fields live encrypted, together, in secret.
create table sincewire.credential (
  credential_name          text primary key check (credential_name ~ '^[a-zA-Z0-9_-]{1,100}$'),
  credential_type          text not null check (credential_type in ('OAUTH', 'BASICAUTH', 'APIKEY')),
  username                 text,
  oauth_client_id          text,
  oauth_token_url          text,
  oauth_scope              text,
  heartbeat_interval_hours integer,          -- default for the credential's listeners
  secret                   bytea not null,   -- AES-256-GCM of {"password"|"apikey"|"oauthClientSecret"}
  secret_key_id            text not null,    -- which master key sealed it
  revision                 integer not null default 0,  -- moves when the content changes
  created_at               timestamptz not null default clock_timestamp(),
  updated_at               timestamptz not null default clock_timestamp()
);

create table sincewire.listener (
  listener_name            text primary key check (length(listener_name) between 1 and 100),
  uid                      uuid not null,         -- identity of this registration: a re-registered name is another listener
  service                  text not null references sincewire.merchapi_config,
  credential_name          text not null references sincewire.credential,
  listener_url             text not null check (length(listener_url) <= 255),
  enabled                  boolean not null default true,
  include_payload          boolean not null default false,
  interval_seconds         integer not null default 900 check (interval_seconds between 1 and 999999),
  page_limit               integer not null default 1000 check (page_limit between 1 and 999999),
  query_parameter          text check (length(query_parameter) <= 2000),
  heartbeat_interval_hours integer not null default 6 check (heartbeat_interval_hours between 1 and 99),
  signing_secret           bytea,            -- AES-256-GCM; null: calls are not signed
  signing_key_id           text,

  -- What an operator's change moves. A worker's save names the values it decided on, so it loses to a change.
  generation               integer not null default 0,  -- sinceTimestamp or includePayload: the running window ends
  target_revision          integer not null default 0,  -- listenerUrl, credentialName or the credential's content: heartbeat first

  -- The position: the lower edge of the next window, exact (see 0002_window.sql).
  since_timestamp          timestamptz not null default 'epoch',
  since_floor              timestamptz not null default 'epoch',
  since_snapshot           pg_snapshot,
  -- The open window's upper edge, null when none is open, and the last record published in it.
  before_timestamp         timestamptz,
  before_floor             timestamptz,
  before_snapshot          pg_snapshot,
  offset_changed_at        timestamptz,
  offset_key               text collate "C",

  -- When to look at this listener next: due_at is the earliest reason, and the only one the sweep reads.
  due_at                   timestamptz not null default clock_timestamp(),
  next_poll_at             timestamptz not null default clock_timestamp(),
  next_heartbeat_at        timestamptz not null default clock_timestamp(),
  proven_revision          integer,          -- the target_revision that last answered a heartbeat

  -- Hold: the last call failed; only heartbeats go out until one succeeds.
  failures                 integer not null default 0,
  hold_since               timestamptz,
  heartbeat_error          text,
  disabled_reason          text,             -- why we disabled it (410), null otherwise

  -- The turn that owns it. A save that names another token changes nothing.
  turn_queue               text,             -- the queue its job went to, while it has one
  turn_job                 uuid,
  turn_engine              integer,          -- the engine process that runs it; see engine
  turn_token               uuid,

  created_at               timestamptz not null default clock_timestamp(),
  updated_at               timestamptz not null default clock_timestamp(),
  check ((before_timestamp is null) = (before_floor is null)),
  check ((offset_changed_at is null) = (offset_key is null))
) with (fillfactor = 70);

create index listener_due on sincewire.listener (due_at) where enabled;
create index listener_service on sincewire.listener (service, credential_name, listener_name);     -- orders GET webhooks
create index listener_credential on sincewire.listener (credential_name, service, listener_name);

create index listener_turn on sincewire.listener (turn_engine) where turn_engine is not null;

-- Numbers for engine processes. A running one holds the advisory lock (classid below, its number): PostgreSQL lets
-- go of it when the process dies, and the others take over its turns at their next sweep.
create sequence sincewire.engine_number as integer cycle;

-- One row per delivery attempt, kept for retention.attemptDays.
create table sincewire.attempt (
  attempt_id       bigint generated always as identity primary key,
  listener_uid     uuid not null,
  listener_name    text not null,
  service          text not null,
  kind             text not null check (kind in ('HEARTBEAT', 'EVENT', 'PAYLOAD')),
  since_timestamp  timestamptz,
  before_timestamp timestamptz,
  offset_key       text,               -- the page's last key
  record_count     integer,
  webhook_id       text not null,
  attempt_number   integer not null,   -- of this page, in this turn
  url              text not null,
  status           integer,            -- null: no answer
  succeeded        boolean not null,
  duration_ms      integer not null,
  bytes            integer not null,   -- of the request body
  answer           text,               -- first 2 KiB of the answer's body
  error            text,
  correlation_id   text not null,
  attempted_at     timestamptz not null
);
create index attempt_listener on sincewire.attempt (listener_uid, attempted_at);
create index attempt_age on sincewire.attempt (attempted_at);
